export type ListenErrorCode = 'port_taken' | 'port_not_allowed' | 'address_not_here' | 'listen_failed';

/** A listener that did not start: which address, why, and what to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  constructor(
    readonly code: ListenErrorCode,
    readonly host: string,
    readonly port: number,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no code';
}

/** @param setting The config's name for this address ("listen"), which the remedy points at. */
export function listenError(cause: unknown, host: string, port: number, setting: string): ListenError {
  const code = systemCode(cause);
  switch (code) {
    case 'EADDRINUSE':
      return new ListenError(
        'port_taken',
        host,
        port,
        `Port ${port} on ${host} is taken by another program. Stop that one, or set another port in "${setting}".`,
        { cause },
      );
    case 'EACCES':
      return new ListenError(
        'port_not_allowed',
        host,
        port,
        `Port ${port} on ${host} needs rights that this process does not have (ports below 1024 usually do). ` +
          `Set a port from 1024 up in "${setting}" and let a reverse proxy lead to it.`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError(
        'address_not_here',
        host,
        port,
        `${host} is no address of this machine, so port ${port} cannot be opened there. ` +
          `Set 127.0.0.1, or one of the machine's own addresses, in "${setting}".`,
        { cause },
      );
    default:
      return new ListenError(
        'listen_failed',
        host,
        port,
        `Port ${port} on ${host} could not be opened (${code}). Set another address in "${setting}".`,
        { cause },
      );
  }
}
