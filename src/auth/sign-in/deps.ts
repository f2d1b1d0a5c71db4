import type { FetchLike } from '@modelcontextprotocol/client';
import type { Log } from '../../observability/log.js';
import type { DerivedSecrets } from '../../storage/sealing/key-ring.js';
import type { Store } from '../../storage/types.js';
import type { Challenges } from '../challenges.js';
import type { ClientKeys } from '../clients/client-keys.js';
import type { CredentialRecords } from '../credentials/credentials.js';
import type { DiscoveryCache } from '../discovery/cache.js';
import { cleanDetail, failureOf } from '../errors.js';
import { sectionOfCode } from '../refusal-codes.js';
import type { AuthFailure, HttpServer, Server, TokenKeeper, Verify } from '../types.js';
import type { CheckedApiKeys } from './api-keys.js';
import type { BoundValues, Random } from './browser-binding.js';
import type { SignInCollections, SignInFacts } from './records.js';
import type { Transitions } from './transitions.js';
import type { OnSignInChange, SignInResult } from './types.js';

/** Ports of this machine that are open only while a sign-in comes back to them (RFC 8252 §7.3). */
export interface RedirectListeners {
  /** Rejects where it cannot be opened: the person can still send the address. */
  open(redirectUri: string): Promise<void>;
  /** Opens these where they are not open, and closes all others. */
  keepOnly(redirectUris: readonly string[]): Promise<void>;
}

/** Asks providers whether the codes of open sign-ins were typed. */
export interface DevicePolling {
  /** From now until it ends. Any number of processes may follow the same sign-in: the provider is asked by one at a time. */
  follow(id: string): void;
  close(): Promise<void>;
}

/** What sign-ins need of the rest of the house. */
export interface SignInDeps {
  readonly store: Store;
  readonly keeper: TokenKeeper;
  readonly apiKeys: CheckedApiKeys;
  readonly verify: Verify;
  /** The guarded fetch: every URL that it gets may come from a server's metadata. */
  readonly fetchFor: (server: HttpServer) => FetchLike;
  /** As configured now: an entry may be gone, or lead elsewhere, since its sign-in began. */
  readonly serverByName: (name: string) => Server | undefined;
  /** Whether who began a sign-in may still have what comes of it. @default anybody may */
  readonly mayHold?: (startedBy: string, server: Server) => boolean;
  /** No trailing slash. */
  readonly publicUrl: string;
  /** Whether browsers elsewhere reach it too. @default true */
  readonly reachable?: boolean;
  /** This gateway's address on its own machine: where redirects lead that no browser follows. @default publicUrl */
  readonly loopbackUrl?: string;
  /** What listens at redirect URIs on this machine beside the gateway's own. */
  readonly redirects?: RedirectListeners;
  /** They outlive the process, and are shared by all replicas. */
  readonly pageSecrets: DerivedSecrets;
  readonly signInLifetimeMs: number;
  readonly clientKeys: ClientKeys;
  readonly challenges: Challenges;
  readonly onChange: OnSignInChange;
  readonly log: Log;
  readonly now?: () => number;
  /** Waits for so many ms. */
  readonly pause?: (ms: number) => Promise<unknown>;
  readonly random?: Random;
}

/** The same, with the parts that the steps of a sign-in share. */
export interface SignInParts extends Required<SignInDeps> {
  readonly at: SignInCollections;
  readonly transitions: Transitions;
  readonly bound: BoundValues;
  readonly credentials: CredentialRecords;
  readonly discoveries: DiscoveryCache;
  readonly devices: DevicePolling;
}

/** Which sign-in a log line is about: enough to find its other lines. */
export function about(facts: SignInFacts): object {
  return { signIn: facts.id.slice(0, 8), server: facts.server, subject: facts.subject };
}

/** For the log. What has a name is told in clean words, as a provider's answer may repeat what it was sent; a surprise whole. */
export function causeOf(error: unknown): object {
  const failure = failureOf(error);
  return failure.code === 'internal' ? { failure, error } : { failure };
}

/** A failure in words of our own. */
export function failed(code: AuthFailure['code'], detail: string): Extract<SignInResult, { kind: 'failed' }> {
  const rfc = sectionOfCode(code);
  return {
    kind: 'failed',
    failure: { code, detail: cleanDetail(detail), ...(rfc === undefined ? {} : { rfc }) },
  };
}

export function failedBy(error: unknown): Extract<SignInResult, { kind: 'failed' }> {
  return { kind: 'failed', failure: failureOf(error) };
}
