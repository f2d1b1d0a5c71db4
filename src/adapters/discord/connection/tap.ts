interface Emitter {
  emit(event: string, ...args: unknown[]): boolean;
}

/**
 * Looks at what an emitter is about to tell, before any of its listeners. discord.js has no middleware: everything that a
 * host can listen to goes through `emit`, also what it awaits and collects.
 *
 * @param hides true: nobody hears of it
 * @returns what takes it away again
 */
export function tap(
  emitter: Emitter,
  hides: (event: string, args: readonly unknown[]) => boolean,
): () => void {
  const before = Object.getOwnPropertyDescriptor(emitter, 'emit');
  const { emit } = emitter;
  let open = true;

  function tapped(this: unknown, event: string, ...args: unknown[]): boolean {
    return open && hides(event, args) ? true : emit.call(emitter, event, ...args);
  }

  Object.defineProperty(emitter, 'emit', {
    value: tapped,
    configurable: true,
    writable: true,
    enumerable: false,
  });
  return () => {
    open = false;
    // Whoever put something in front of it since then keeps it: what is left of ours only hands on.
    if (emitter.emit !== tapped) return;
    if (before === undefined) Reflect.deleteProperty(emitter, 'emit');
    else Object.defineProperty(emitter, 'emit', before);
  };
}
