/** Resolves at the first Ctrl-C or SIGTERM. From then on a second one ends the process at once. */
export function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let signalled = false;
    const heard = (signal: NodeJS.Signals) => {
      if (signalled) process.exit(1);
      signalled = true;
      resolve(signal);
    };
    process.on('SIGINT', heard).on('SIGTERM', heard);
  });
}
