import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { GuardedFetchError } from '../errors.js';
import { AddressGuard, type AddressRules, bareHost } from './address-guard.js';

/** How a name becomes addresses: all of them. */
export type Lookup = (hostname: string) => Promise<readonly LookupAddress[]>;

const lookupAll: Lookup = (hostname) => systemLookup(hostname, { all: true });

/** `lookup` for sockets: gives out no address before all of them were checked. */
function guardedLookup(guard: AddressGuard, protocol: string, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname).then(
      (found) => {
        const first = found[0];
        try {
          if (first === undefined)
            throw new GuardedFetchError('unreachable', hostname, `${hostname} has no address`);
          guard.check(
            hostname,
            protocol,
            found.map(({ address }) => address),
          );
        } catch (error) {
          callback(error as NodeJS.ErrnoException, '', 0);
          return;
        }
        if (options.all === true) callback(null, [...found]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

export interface ConnectorOptions {
  readonly rules: AddressRules;
  readonly connectTimeoutMs: number;
  readonly lookup?: Lookup | undefined;
}

/**
 * undici's connector behind the guard. Node calls `lookup` for names only, so literal addresses are checked first;
 * names are checked on the very addresses that the socket will use, which DNS rebinding cannot change in between.
 */
function guardedConnector(options: ConnectorOptions): buildConnector.connector {
  const guard = new AddressGuard(options.rules);
  const connectorFor = (protocol: string) =>
    buildConnector({
      timeout: options.connectTimeoutMs,
      lookup: guardedLookup(guard, protocol, options.lookup ?? lookupAll),
    });
  const secure = connectorFor('https:');
  const plain = connectorFor('http:');
  return (target, callback) => {
    const host = bareHost(target.hostname);
    try {
      if (isIP(host) !== 0) guard.check(host, target.protocol, [host]);
    } catch (error) {
      callback(error as Error, null);
      return;
    }
    (target.protocol === 'https:' ? secure : plain)(target, callback);
  };
}

/** Keeps connections alive. undici's own timeouts would end quiet event streams; each request has a deadline of ours. */
export function guardedAgent(options: ConnectorOptions): Agent {
  return new Agent({ connect: guardedConnector(options), headersTimeout: 0, bodyTimeout: 0 });
}
