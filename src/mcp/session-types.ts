import type { AuthFailure, Server, Subject } from '../auth/types.js';

/** The words of sessions: what servers answer, and what came of a call. What servers say is data, never markup. */

/** Bytes as base64, or text. */
export interface ResourceContents {
  readonly uri: string;
  readonly mimeType?: string | undefined;
  readonly text?: string | undefined;
  readonly blob?: string | undefined;
}

/** One part of an answer (MCP, "Tool Result"): `text` has `text`, `image` and `audio` have `data` and `mimeType`, … */
export type ContentPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio'; readonly data: string; readonly mimeType: string }
  | { readonly type: 'resource'; readonly resource: ResourceContents }
  | { readonly type: 'resource_link'; readonly uri: string; readonly name: string };

/** What a tool answered. `isError`: the tool itself says that it failed; that is an answer like another. */
export interface ToolAnswer {
  readonly content: readonly ContentPart[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** A tool as the server describes it, whole: what a model is given. */
export interface ToolDescription {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  /** JSON Schema of its arguments. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined;
  /** Hints of the server about itself (`readOnlyHint`, `destructiveHint`): not to be trusted more than the server. */
  readonly annotations?: Readonly<Record<string, unknown>> | undefined;
}

export interface ResourceDescription {
  readonly uri: string;
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly mimeType?: string | undefined;
}

export interface PromptDescription {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly arguments?:
    | readonly {
        readonly name: string;
        readonly description?: string | undefined;
        readonly required?: boolean | undefined;
      }[]
    | undefined;
}

export interface PromptAnswer {
  readonly description?: string | undefined;
  readonly messages: readonly { readonly role: 'user' | 'assistant'; readonly content: ContentPart }[];
}

/** MCP, "Progress": `progress` grows, `total` may be unknown. */
export interface CallProgress {
  readonly progress: number;
  readonly total?: number | undefined;
  readonly message?: string | undefined;
}

export interface CallOptions {
  /** Ends the call and tells the server so; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** In ms, for each request; never more than the server's `timeout` of the config. */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: CallProgress) => void;
}

/** MCP, "Logging": what a server writes down while it works. */
export interface ServerMessage {
  readonly level: string;
  readonly logger?: string | undefined;
  readonly data: unknown;
}

/**
 * One server, on one person's behalf. What each method resolves to is the server's answer.
 * @throws {SessionError} where there is none. `withSession` makes a value of it, so it need not be caught.
 */
export interface McpSession {
  readonly server: string;
  callTool(
    name: string,
    args?: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<ToolAnswer>;
  /** Those that the config lets through, over all pages. */
  listTools(options?: CallOptions): Promise<readonly ToolDescription[]>;
  readResource(uri: string, options?: CallOptions): Promise<readonly ResourceContents[]>;
  getPrompt(
    name: string,
    args?: Readonly<Record<string, string>>,
    options?: CallOptions,
  ): Promise<PromptAnswer>;
  listResources(options?: CallOptions): Promise<readonly ResourceDescription[]>;
  listPrompts(options?: CallOptions): Promise<readonly PromptDescription[]>;
}

/** What is missing: no sign-in yet, a grant that died, more access, a key, or a key that works. */
export type ReauthReason = 'never' | 'refused' | 'scope' | 'key_missing' | 'key_refused';

export interface NeedsReauth {
  readonly kind: 'needs_reauth';
  readonly reason: ReauthReason;
  /** For `scope`: what the server asked for. */
  readonly scopes?: readonly string[];
}

/** Why there is no answer. */
export type SessionFailure =
  | NeedsReauth
  /** Access is missing, and signing in for it has not helped. */
  | { readonly kind: 'missing_access'; readonly scopes: readonly string[] }
  /** `uncertain`: the request may have reached the server, and may have been carried out. */
  | {
      readonly kind: 'unavailable';
      readonly failure: AuthFailure;
      readonly retryAfterMs?: number;
      readonly uncertain?: true;
    }
  /** The server answered the request with an error (JSON-RPC 2.0 §5.1); `message` is its own, cut and cleaned. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string }
  /** The config hides the tool. */
  | { readonly kind: 'hidden_tool'; readonly tool: string };

/** Thrown by a session's methods: the outcome stands in it, and nothing secret. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  readonly code = 'session_failed';
  constructor(
    readonly server: string,
    readonly failure: SessionFailure,
  ) {
    super(`no answer of ${server}: ${failure.kind}`);
  }
}

/** For whom a session is. */
export interface SessionKey {
  readonly server: Server;
  readonly subject: Subject;
}

export interface SessionOptions extends Pick<CallOptions, 'signal' | 'timeoutMs'> {
  /** What the server logs while a call is under way. */
  readonly hear?: (message: ServerMessage) => void;
  /** Tries to mend what a call lacked; where it resolves to true, that call is made once more. */
  readonly recover?: (failure: NeedsReauth) => Promise<boolean>;
}

/** Sessions that are kept open between calls. */
export interface McpSessions {
  /** Opens nothing by itself: the first call does, or finds one that is open. */
  session(key: SessionKey, options?: SessionOptions): McpSession;
  /** What is open is closed once its calls have ended; the next call opens anew. */
  forget(server: string, subject?: Subject): void;
  /** How many are open. */
  readonly size: number;
  /** Ends everything, calls under way included. */
  close(): Promise<void>;
}
