import { isIP, Socket } from 'node:net';
import { afterEach, beforeEach, vi } from 'vitest';

/** Where a test may connect to: this machine, by number or by name. */
const OWN = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\..*|::ffff:7f.*|localhost)$/i;

function hostOf(args: readonly unknown[]): string | undefined {
  // Node hands on what it has normalised as an array in place of the arguments.
  const [first] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args;
  if (typeof first !== 'object' || first === null) return undefined;
  if ('path' in first && typeof first.path === 'string' && !('port' in first && first.port)) return undefined;
  return 'host' in first && typeof first.host === 'string' ? first.host : 'localhost';
}

/**
 * No socket of this process leaves the machine while a test of this file runs, whatever is broken: an attempt is
 * written down and fails at once. Gives the addresses and names that were about to be dialled.
 */
export function useSocketFence(): readonly string[] {
  const attempts: string[] = [];
  beforeEach(() => {
    attempts.length = 0;
    const connect = Socket.prototype.connect as (this: Socket, ...args: unknown[]) => Socket;
    vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args: unknown[]) {
      const host = hostOf(args);
      if (host === undefined || OWN.test(host)) return connect.apply(this, args);
      attempts.push(isIP(host) === 0 ? `${host} (a name)` : host);
      process.nextTick(() => this.destroy(Object.assign(new Error('fenced'), { code: 'ENETUNREACH' })));
      return this;
    } as never);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return attempts;
}
