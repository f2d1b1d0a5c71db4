import { setTimeout as sleep } from 'node:timers/promises';
import { unlessUnreadable } from '../../storage/sealing/unreadable.js';
import { recordKey } from '../../storage/types.js';
import { createCredentials } from '../credentials/credentials.js';
import { createDiscoveryCache } from '../discovery/cache.js';
import { begin, beginKeyForm } from './begin.js';
import { createBoundValues, cryptoRandom, fingerprint } from './browser-binding.js';
import type { SignInDeps, SignInParts } from './deps.js';
import { createDevicePolling } from './device-sign-in.js';
import { submitKeys } from './keys.js';
import { codeAgain, confirm } from './quarantine.js';
import { idsOf, idsStartedBy, isSignInId, type PendingRecord, signInCollections } from './records.js';
import { isExpired, stateOf } from './state.js';
import { createSweep } from './sweep.js';
import { createTransitions } from './transitions.js';
import type { PressOutcome, SignInState, SignIns } from './types.js';

export type { SignInDeps } from './deps.js';

/** Browsers that one sign-in remembers. Who presses later is sent on too, and quarantined when it comes back. */
const MAX_BROWSERS = 10;

function partsOf(deps: SignInDeps): SignInParts {
  const now = deps.now ?? Date.now;
  const at = signInCollections(deps.store);
  const credentials = createCredentials(deps.store);
  const parts: SignInParts = {
    ...deps,
    now,
    pause: deps.pause ?? ((ms) => sleep(ms)),
    mayHold: deps.mayHold ?? (() => true),
    reachable: deps.reachable ?? true,
    loopbackUrl: deps.loopbackUrl ?? deps.publicUrl,
    redirects: deps.redirects ?? { open: async () => {}, keepOnly: async () => {} },
    random: deps.random ?? cryptoRandom,
    at,
    transitions: createTransitions({ ...deps, at, credentials, now }),
    bound: createBoundValues(deps.pageSecrets),
    credentials,
    discoveries: createDiscoveryCache({ ...deps, now }),
    devices: createDevicePolling(() => parts),
  };
  return parts;
}

async function look(parts: SignInParts, id: string): Promise<SignInState> {
  return isSignInId(id) ? stateOf(await parts.transitions.read(id), parts.now()) : { kind: 'unknown' };
}

/**
 * Remembers the browser by its cookie's hash. Each press adds a browser and none displaces another: whoever saw on the
 * page whose account gets the access may finish, in whichever browser (threat 1 is about those who never saw it). A
 * second press can thus neither lock the first browser out nor make an unknown one known.
 */
async function remember(parts: SignInParts, { facts, expiresAtMs }: PendingRecord): Promise<string> {
  const browser = parts.random.token();
  const known = await parts.at.browser.keys(recordKey(facts.id));
  if (known.length < MAX_BROWSERS) {
    const key = recordKey(facts.id, fingerprint(browser));
    await parts.at.browser.set(key, true, expiresAtMs - parts.now());
  }
  return browser;
}

async function press(parts: SignInParts, id: string, pageToken: string): Promise<PressOutcome> {
  if (!isSignInId(id) || !parts.bound.pageToken.fits(id, pageToken)) return { kind: 'forged' };
  const signIn = await parts.transitions.read(id);
  const open = signIn?.kind === 'pending' && !isExpired(signIn, parts.now());
  if (!open || signIn.record.way.kind !== 'oauth') {
    return { kind: 'state', state: stateOf(signIn, parts.now()) };
  }
  return {
    kind: 'redirect',
    location: signIn.record.way.flow.authorizationUrl,
    browser: await remember(parts, signIn.record),
    maxAgeSeconds: Math.ceil((signIn.record.expiresAtMs - parts.now()) / 1000),
  };
}

async function cancel(
  parts: SignInParts,
  startedBy: string,
  server?: string,
): Promise<readonly SignInState[]> {
  const ended: SignInState[] = [];
  for (const id of await idsStartedBy(parts.at, startedBy)) {
    let cancelled = false;
    const signIn = await parts.transitions.end(id, (open) => {
      const meant = server === undefined || open.record.facts.server === server;
      // What is being finished has been consented to: it ends by itself in a moment.
      if (!meant || open.kind === 'finishing') return undefined;
      cancelled = !isExpired(open, parts.now());
      return cancelled ? { kind: 'cancelled' } : { kind: 'expired', lifetimeMs: open.record.lifetimeMs };
    });
    const state = stateOf(signIn, parts.now());
    if (cancelled && state.kind === 'ended' && state.result.kind === 'cancelled') ended.push(state);
  }
  return ended;
}

async function open(parts: SignInParts, subject: string): Promise<readonly SignInState[]> {
  const ids = await idsOf(parts.at, subject);
  const states = await Promise.all(ids.map((id) => look(parts, id)));
  return states.filter((state) => state.kind !== 'ended' && state.kind !== 'unknown');
}

/**
 * Sign-ins over the gateway's pages. Whatever a provider, a server or a person does is an outcome; where the store
 * cannot be reached, `begin` answers `store-unavailable` and everything else rejects with a StoreError, because
 * nothing is known of the sign-in then, and nothing was changed.
 */
export function createSignIns(deps: SignInDeps): SignIns {
  const parts = partsOf(deps);
  return {
    begin: (request) => begin(parts, request),
    beginKeyForm: (request) => beginKeyForm(parts, request),
    look: (id) => look(parts, id),
    pageToken: (id) => parts.bound.pageToken.of(id),
    press: (id, pageToken) => press(parts, id, pageToken),
    finish: async (parameters, browser) => {
      // Loaded here: the SDK is needed by who comes back, not by who starts the gateway.
      const { finish } = await import('./finish.js');
      return finish(parts, parameters, { kind: 'browser', cookie: browser });
    },
    submitKeys: (id, pageToken, values, browser) => submitKeys(parts, id, pageToken, values, browser),
    keyFormBrowser: (id) => parts.bound.keyFormBrowser.of(id),
    codeAgain: (id, browser) => codeAgain(parts, id, browser),
    confirm: (startedBy, digits) => confirm(parts, startedBy, digits),
    paste: async (startedBy, address) => {
      const { paste } = await import('./paste.js');
      return paste(parts, startedBy, address);
    },
    cancel: (startedBy, server) => cancel(parts, startedBy, server),
    open: (subject) => open(parts, subject),
    lastFailure: (subject, server) => unlessUnreadable(parts.at.failures.get(recordKey(subject, server))),
    sweep: createSweep(parts),
    close: () => parts.devices.close(),
  };
}
