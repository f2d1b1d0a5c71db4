import { isIP, type LookupFunction, Socket } from 'node:net';
import { afterEach, beforeEach, vi } from 'vitest';

/** Where a test may connect to: this machine, by number or by name. */
const OWN = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\..*|::ffff:7f.*|localhost)$/i;

interface Target {
  readonly host?: string;
  readonly path?: string;
  lookup?: LookupFunction;
}

function targetOf(args: readonly unknown[]): Target {
  // Node hands on what it has normalised as an array in place of the arguments.
  const [first] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args;
  return typeof first === 'object' && first !== null ? first : {};
}

const fenced = (): NodeJS.ErrnoException => Object.assign(new Error('fenced'), { code: 'ENETUNREACH' });

/** Passes on what `lookup` finds, unless it leads away. */
function fencedLookup(lookup: LookupFunction, away: (address: string) => void): LookupFunction {
  return (hostname, options, callback) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = typeof found === 'string' ? [found] : (found ?? []).map(({ address }) => address);
      const foreign = error === null ? addresses.find((address) => !OWN.test(address)) : undefined;
      if (foreign === undefined) return callback(error, found, family);
      away(foreign);
      callback(fenced(), '', 0);
    });
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
      const target = targetOf(args);
      const { host = 'localhost', lookup } = target;
      if (target.path !== undefined || OWN.test(host)) return connect.apply(this, args);
      if (isIP(host) === 0 && lookup !== undefined) {
        target.lookup = fencedLookup(lookup, (address) => attempts.push(address));
        return connect.apply(this, args);
      }
      attempts.push(host);
      process.nextTick(() => this.destroy(fenced()));
      return this;
    } as never);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return attempts;
}
