import { createHash, randomBytes } from 'node:crypto';
import { cryptoRandom } from '../../src/auth/sign-in/browser-binding.js';
import { newSignInNames, type SignInNames } from '../../src/auth/sign-in/link.js';
import type {
  AccountLabel,
  CallbackParameters,
  PressOutcome,
  ReturnOutcome,
  SignInResult,
  SignInState,
  SignIns,
} from '../../src/auth/sign-in/types.js';

type Pending = Extract<SignInState, { kind: 'pending' }>;

/** The id of a made-up sign-in, and the `state` that leads to it. */
function idFor(state: string): string {
  return createHash('sha256').update(state).digest('base64url');
}

/** What a test wants to be different from a plain sign-in to `linear` by @ana. */
export interface Wanted {
  readonly server?: string;
  readonly host?: string;
  readonly account?: AccountLabel;
  readonly fields?: readonly string[];
  readonly lifetimeMs?: number;
}

/**
 * A strict sign-in seam in memory: it keeps the contract that pages rely on (page tokens, one finish a sign-in, the browser's
 * cookie), writes down every call that changes something, and throws on everything that pages have no business with.
 */
export class MemorySignIns implements SignIns {
  lastFailure = async (): Promise<undefined> => undefined;
  readonly states = new Map<string, SignInState>();
  /** What was called that could spend, start or write something. */
  readonly changes: string[] = [];
  /** What `finish` and `submitKeys` are to answer next, in place of the plain course. */
  readonly planned: (ReturnOutcome | Error)[] = [];
  readonly finished: { parameters: CallbackParameters; browser: string | undefined }[] = [];
  readonly submitted: { values: Readonly<Record<string, string>>; browser: string | undefined }[] = [];
  readonly #browsers = new Map<string, string>();
  readonly #authorizeUrls = new Map<string, string>();

  /** Starts a sign-in as a chat would; gives its id, what its link carries, and the `state` for its way back. */
  start(wanted: Wanted = {}): SignInNames {
    const names = newSignInNames(cryptoRandom);
    this.states.set(names.id, pendingState(names.id, wanted));
    this.leadTo(names.id, `https://auth.linear.app/authorize?client_id=gw&state=${names.state}`);
    return names;
  }

  /** Where the pressed button is to lead. */
  leadTo(id: string, authorizeUrl: string): void {
    this.#authorizeUrls.set(id, authorizeUrl);
  }

  end(id: string, result: SignInResult): Extract<SignInState, { kind: 'ended' }> {
    const ended = { ...this.#pending(id), kind: 'ended', atMs: Date.now(), result } as const;
    this.states.set(id, ended);
    return ended;
  }

  look(id: string): Promise<SignInState> {
    return Promise.resolve(this.states.get(id) ?? { kind: 'unknown' });
  }

  pageToken(id: string): string {
    return createHash('sha256').update(`page ${id}`).digest('base64url');
  }

  keyFormBrowser(id: string): string {
    return createHash('sha256').update(`browser ${id}`).digest('base64url');
  }

  codeBrowser(id: string): string {
    return createHash('sha256').update(`code ${id}`).digest('base64url');
  }

  codeAgain(id: string, browser: string | undefined): Promise<string | undefined> {
    const waiting = this.states.get(id)?.kind === 'waiting-for-code';
    return Promise.resolve(waiting && browser === this.codeBrowser(id) ? '482913' : undefined);
  }

  press(id: string, pageToken: string): Promise<PressOutcome> {
    if (pageToken !== this.pageToken(id)) return Promise.resolve({ kind: 'forged' });
    const state = this.states.get(id) ?? { kind: 'unknown' };
    const location = this.#authorizeUrls.get(id);
    if (state.kind !== 'pending' || location === undefined) return Promise.resolve({ kind: 'state', state });
    this.changes.push('press');
    const browser = randomBytes(32).toString('base64url');
    this.#browsers.set(id, browser);
    return Promise.resolve({ kind: 'redirect', location, browser, maxAgeSeconds: 600 });
  }

  finish(parameters: CallbackParameters, browser: string | undefined): Promise<ReturnOutcome> {
    this.changes.push('finish');
    this.finished.push({ parameters, browser });
    const planned = this.#next();
    if (planned !== undefined) return planned;
    const id = idFor(parameters.state ?? '');
    const state = this.states.get(id);
    if (state === undefined) return Promise.resolve({ kind: 'bad-request' });
    if (state.kind !== 'pending') return Promise.resolve({ kind: 'used', state });
    if (parameters.error !== undefined) {
      return Promise.resolve({ kind: 'ended', state: this.end(id, { kind: 'declined' }) });
    }
    if (browser === undefined || browser !== this.#browsers.get(id)) {
      const waiting = {
        ...state,
        kind: 'waiting-for-code',
        expiresAtMs: state.expiresAtMs,
        triesLeft: 5,
      } as const;
      this.states.set(id, waiting);
      return Promise.resolve({
        kind: 'code',
        digits: '482913',
        browser: this.codeBrowser(id),
        state: waiting,
      });
    }
    return Promise.resolve({ kind: 'ended', state: this.end(id, { kind: 'connected', tools: 23 }) });
  }

  submitKeys(
    id: string,
    pageToken: string,
    values: Readonly<Record<string, string>>,
    browser: string | undefined,
  ): Promise<ReturnOutcome> {
    if (pageToken !== this.pageToken(id)) return Promise.resolve({ kind: 'bad-request' });
    this.changes.push('submitKeys');
    this.submitted.push({ values, browser });
    const planned = this.#next();
    return (
      planned ?? Promise.resolve({ kind: 'ended', state: this.end(id, { kind: 'connected', tools: 40 }) })
    );
  }

  begin(): never {
    throw new Error('pages never begin a sign-in');
  }

  beginKeyForm(): never {
    throw new Error('pages never begin a sign-in');
  }

  confirm(): never {
    throw new Error('pages never confirm');
  }

  cancel(): never {
    throw new Error('pages never cancel');
  }

  open(): never {
    throw new Error('pages never list sign-ins');
  }

  paste(): never {
    throw new Error('pages never paste');
  }

  async close(): Promise<void> {}

  sweep(): never {
    throw new Error('pages never sweep');
  }

  #next(): Promise<ReturnOutcome> | undefined {
    const planned = this.planned.shift();
    if (planned === undefined) return undefined;
    return planned instanceof Error ? Promise.reject(planned) : Promise.resolve(planned);
  }

  #pending(id: string): Pending {
    const state = this.states.get(id);
    if (state === undefined || state.kind === 'unknown') throw new Error('no such sign-in');
    return pendingState(id, { server: state.server, account: state.account });
  }
}

function pendingState(id: string, wanted: Wanted): Pending {
  return {
    kind: 'pending',
    id,
    server: wanted.server ?? 'linear',
    subject: 'telegram:1',
    startedBy: 'telegram:1',
    account: wanted.account ?? { platform: 'Telegram', name: '@ana', backUrl: 'https://t.me/example_bot' },
    origin: { chat: 1 },
    method: wanted.fields === undefined ? 'oauth' : 'key-form',
    host: wanted.host ?? 'auth.linear.app',
    url: 'https://gateway.example.org/connect/kx3v',
    expiresAtMs: Date.now() + (wanted.lifetimeMs ?? 600_000),
    ...(wanted.fields === undefined ? {} : { fields: wanted.fields }),
  };
}
