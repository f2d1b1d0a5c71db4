import type { AuthFailure, Json, MoreAccess, Server, Subject } from '../types.js';

/** The words of a sign-in: the way from `/mcp auth` to a stored credential. Nothing here knows a chat: its `origin` is opaque JSON. */

/** How the person who asked is named on pages and in the chat: data, never markup. */
export interface AccountLabel {
  /** "Telegram", "Web chat". */
  readonly platform: string;
  /** "@ana". */
  readonly name: string;
  /** Opens that chat. */
  readonly backUrl?: string;
  /** Says the six digits in that person's private chat with one tap; `{digits}` stands for them. */
  readonly confirmUrl?: string;
}

export interface BeginRequest {
  readonly server: Server;
  readonly subject: Subject;
  /** Who pressed or typed it (`telegram:123`): only they may confirm or cancel. Differs from subject for `shared` and `people`. */
  readonly startedBy: string;
  readonly account: AccountLabel;
  /** Comes back with the outcome. */
  readonly origin: Json;
  /** Ask for the six digits whatever browser comes back. */
  readonly confirmAlways: boolean;
  /** `here`: their browser is on this machine, and links to it work. @default 'here' */
  readonly browser?: 'here' | 'elsewhere';
  /** Only listed people may begin, so that a sign-in from which no browser comes back is allowed. @default false */
  readonly listed?: boolean;
}

export type BeginOutcome =
  /** `host`: where the link leads in the end. The URL is a bearer of nothing by itself, but belongs to this person. */
  | {
      readonly kind: 'link';
      readonly id: string;
      readonly url: string;
      readonly host: string;
      readonly expiresAtMs: number;
    }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

export interface Connected {
  readonly kind: 'connected';
  /** Absent where the server did not answer when the credential was to be checked. */
  readonly tools?: number;
  /** It works, and the server asks for more access than this (RFC 6750 §3.1). */
  readonly wants?: MoreAccess;
  readonly unproven?: boolean;
  readonly masked?: Readonly<Record<string, string>>;
  /** The credential was kept, and its process died before it wrote so: what the server had answered is not known. */
  readonly interrupted?: true;
}

/** How a sign-in ended. */
export type SignInResult =
  | Connected
  | { readonly kind: 'declined'; readonly failure?: AuthFailure }
  /** `failure`: where it is the provider who said so (RFC 8628 §3.5). */
  | { readonly kind: 'expired'; readonly lifetimeMs: number; readonly failure?: AuthFailure }
  | { readonly kind: 'cancelled' }
  /**
   * A newer sign-in for the same credential took its place. `by`: the name of who started that one, where it is not who
   * started this one: of several admins, for everyone's credential.
   */
  | { readonly kind: 'replaced'; readonly by?: string }
  /** Five wrong codes: the tokens were dropped. */
  | { readonly kind: 'wrong-code' }
  /** The process died while finishing, and had kept nothing. */
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed'; readonly failure: AuthFailure };

/** `oauth`: a browser comes back, or its address is sent. `device`: a code is typed at the provider (RFC 8628). */
export type SignInMethod = 'oauth' | 'device' | 'key-form';

/** How the last sign-in failed. */
export interface LastFailure {
  readonly atMs: number;
  readonly failure: AuthFailure;
}

interface SignInFacts {
  readonly id: string;
  readonly server: string;
  readonly subject: Subject;
  readonly startedBy: string;
  readonly account: AccountLabel;
  readonly origin: Json;
  readonly method: SignInMethod;
  /** Ms since the epoch. Absent in records of older versions. */
  readonly begunAtMs?: number;
}

/** Where a sign-in stands. What the connect page, the callback page and the chat message all show. */
export type SignInState =
  | (SignInFacts & {
      readonly kind: 'pending';
      readonly host: string;
      readonly url: string;
      readonly expiresAtMs: number;
      readonly fields?: readonly string[];
      /** The last page will not open, where the person's browser is: they are to send its address. */
      readonly paste?: true;
      /** What to type at the provider's page, whose address is `url`. */
      readonly userCode?: string;
    })
  | (SignInFacts & { readonly kind: 'finishing'; readonly sinceMs: number })
  | (SignInFacts & {
      readonly kind: 'waiting-for-code';
      readonly expiresAtMs: number;
      readonly triesLeft: number;
    })
  | (SignInFacts & { readonly kind: 'ended'; readonly atMs: number; readonly result: SignInResult })
  | { readonly kind: 'unknown' };

/** What the POST from the connect page gets. */
export type PressOutcome =
  /** Send the browser there; `browser` goes into its cookie. */
  | {
      readonly kind: 'redirect';
      readonly location: string;
      readonly browser: string;
      readonly maxAgeSeconds: number;
    }
  | { readonly kind: 'forged' }
  | { readonly kind: 'state'; readonly state: SignInState };

export interface CallbackParameters {
  readonly state?: string;
  readonly code?: string;
  readonly iss?: string;
  readonly error?: string;
  readonly errorDescription?: string;
}

/** What a browser that came back, or submitted the key form, is to see. */
export type ReturnOutcome =
  /** Missing, repeated, malformed or unknown `state`, or a foreign `iss`: a plain 400 that tells nothing. */
  | { readonly kind: 'bad-request' }
  /** This browser used it before, or another did. `state` says how it stands now. */
  | { readonly kind: 'used'; readonly state: SignInState }
  /** Quarantined: show these six digits, to be given in the chat. `browser` goes into its cookie, for `codeAgain`. */
  | {
      readonly kind: 'code';
      readonly digits: string;
      readonly browser: string;
      readonly state: SignInState;
    }
  | { readonly kind: 'ended'; readonly state: Extract<SignInState, { kind: 'ended' }> }
  /** Key form only: not accepted; the form may be shown again. */
  | {
      readonly kind: 'again';
      readonly state: SignInState;
      readonly why: 'refused' | 'malformed' | 'unreachable';
      readonly triesLeft: number;
    };

/** What an address that a person sent came to. */
export type PasteOutcome =
  | { readonly kind: 'ended'; readonly state: Extract<SignInState, { kind: 'ended' }> }
  /** It was used before, by them or by their browser: how it stands. */
  | { readonly kind: 'used'; readonly state: Exclude<SignInState, { kind: 'unknown' | 'pending' }> }
  /** No answer of a provider. */
  | { readonly kind: 'no-address' }
  /** Of no sign-in that this person has open: unknown, over for long, somebody else's, or from another issuer. */
  | { readonly kind: 'not-theirs' };

export type ConfirmOutcome =
  | { readonly kind: 'ended'; readonly state: Extract<SignInState, { kind: 'ended' }> }
  | { readonly kind: 'wrong'; readonly triesLeft: number }
  | { readonly kind: 'nothing-waiting' };

/** The way from `/mcp auth` to a stored credential, over the gateway's pages. */
export interface SignIns {
  /** Ends the same subject's older sign-in for that server, then stores the new one. No page is contacted but the server's metadata. */
  begin(request: BeginRequest): Promise<BeginOutcome>;
  /** The same for a server with `${NAME}` keys: a one-time form at `/key/{link}`. */
  beginKeyForm(request: BeginRequest): Promise<BeginOutcome>;
  /** Reads only: never spends, starts or writes anything (threat 2). */
  look(id: string): Promise<SignInState>;
  /** The page's own token, to be sent back by its POST. Deterministic per id; worthless for any other. */
  pageToken(id: string): string;
  press(id: string, pageToken: string): Promise<PressOutcome>;
  /** `browser` is the cookie's value, if one came along. */
  finish(parameters: CallbackParameters, browser: string | undefined): Promise<ReturnOutcome>;
  submitKeys(
    id: string,
    pageToken: string,
    values: Readonly<Record<string, string>>,
    browser: string | undefined,
  ): Promise<ReturnOutcome>;
  /** A cookie value for the key form's page, bound to its id without being stored. */
  keyFormBrowser(id: string): string;
  /**
   * The digits once more, for the one browser that was shown them (a phone reloads a tab when one comes back to it).
   * Undefined for every other browser, and when they are not waited for any more.
   */
  codeAgain(id: string, browser: string | undefined): Promise<string | undefined>;
  confirm(startedBy: string, digits: string): Promise<ConfirmOutcome>;
  /** The address of the page that did not open, as this person sent it: theirs alone, and checked like a callback. */
  paste(startedBy: string, address: string): Promise<PasteOutcome>;
  /** Ends pending and quarantined sign-ins of this person, all or for one server. */
  cancel(startedBy: string, server?: string): Promise<readonly SignInState[]>;
  /** This subject's sign-ins that have not ended. */
  open(subject: Subject): Promise<readonly SignInState[]>;
  /** How this subject's last sign-in for that server failed, until one works: for whoever looks closer. */
  lastFailure(subject: Subject, server: string): Promise<LastFailure | undefined>;
  /** Ends what expired and what was interrupted, each with an outcome. Safe to run in every process at once. */
  sweep(): Promise<void>;
  /** Asks no provider any more whether a code was typed: another process does, or the next one. */
  close(): Promise<void>;
}

/** Called after each outcome is stored, and when a sign-in starts waiting for its code. Must not throw. */
export type OnSignInChange = (state: SignInState) => void | Promise<void>;
