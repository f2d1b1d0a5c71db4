import type { AuthFailureCode } from '../../auth/types.js';
import type {
  CallOptions,
  McpSession,
  PromptAnswer,
  ReauthReason,
  ResourceContents,
  ServerMessage,
  ToolAnswer,
  ToolDescription,
} from '../../mcp/session-types.js';
import type { Actor, ConversationRef } from '../types.js';

/** Words to a person that a sign-in is wanted, and waiting for it. */
export interface SignInRequests {
  /** Tells the person, privately, with a button; once, however many ask at the same time. */
  request(asked: SignInRequest): Promise<'sent' | 'no-private-way' | 'already-asked'>;
  wait(actor: Actor, server: string, options: SignInWait): Promise<SignInWaited>;
}

export interface SignInRequest {
  readonly actor: Actor;
  readonly server: string;
  readonly reason: ReauthReason;
  /** Where the agent was asked; absent: the person's private chat. */
  readonly conversation?: ConversationRef;
}

export interface SignInWait {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export type SignInWaited = 'signed-in' | 'declined' | 'expired' | 'timeout' | 'aborted';

export interface AgentCallOptions extends CallOptions {
  /** Asks the person for the sign-in that is missing, waits for it, and then makes the call once more. */
  readonly signIn?: {
    /** Where the agent was asked; absent: the person's private chat. */
    readonly conversation?: ConversationRef;
    /** In ms. @default 10 minutes */
    readonly timeoutMs?: number;
    /** Ends the waiting alone: the outcome is then `needs_reauth`. */
    readonly signal?: AbortSignal;
  };
}

export interface AgentSessionOptions extends Pick<AgentCallOptions, 'signal' | 'timeoutMs' | 'signIn'> {
  /** What the server logs meanwhile (MCP, "Logging"). */
  readonly onMessage?: (message: ServerMessage) => void;
}

/** A server's own answer is `done`; everything else says why there is none. `sentence` is for the model: nothing in it is secret. */
export type AgentOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The person has to sign in, or to give a key. `waited`: they were asked, and this is what came of it. */
  | {
      readonly kind: 'needs_reauth';
      readonly server: string;
      readonly reason: ReauthReason;
      readonly sentence: string;
      readonly waited?: Exclude<SignInWaited, 'signed-in'> | 'no-private-way';
    }
  /** Nothing that the person can mend. `uncertain`: the call may have been carried out all the same. */
  | {
      readonly kind: 'unavailable';
      readonly server: string;
      readonly code: AuthFailureCode;
      readonly sentence: string;
      readonly retryAfterMs?: number;
      readonly uncertain?: true;
    }
  /** The server takes the person, and not this request. `code`: JSON-RPC's. */
  | {
      readonly kind: 'refused';
      readonly server: string;
      readonly code: number;
      readonly sentence: string;
    }
  | {
      readonly kind: 'not_allowed';
      readonly server: string;
      readonly why: 'stranger' | 'unknown_server' | 'disabled_server' | 'hidden_tool' | 'missing_access';
      readonly sentence: string;
      /** The server that was perhaps meant. */
      readonly meant?: string;
    };

/** Calls of whatever runs behind the gateway, on behalf of the people of a chat. No token comes out of it. */
export interface AgentCalls {
  /**
   * Several calls over one session. What `use` throws itself passes through; so does the reason of a signal that aborted.
   * Where a sign-in is waited for, only the call that needed it is made again, not the whole of `use`.
   */
  withSession<T>(
    actor: Actor,
    server: string,
    use: (session: McpSession) => Promise<T>,
    options?: AgentSessionOptions,
  ): Promise<AgentOutcome<T>>;
  callTool(
    actor: Actor,
    server: string,
    tool: string,
    args?: Readonly<Record<string, unknown>>,
    options?: AgentCallOptions,
  ): Promise<AgentOutcome<ToolAnswer>>;
  listTools(
    actor: Actor,
    server: string,
    options?: AgentCallOptions,
  ): Promise<AgentOutcome<readonly ToolDescription[]>>;
  readResource(
    actor: Actor,
    server: string,
    uri: string,
    options?: AgentCallOptions,
  ): Promise<AgentOutcome<readonly ResourceContents[]>>;
  getPrompt(
    actor: Actor,
    server: string,
    prompt: string,
    args?: Readonly<Record<string, string>>,
    options?: AgentCallOptions,
  ): Promise<AgentOutcome<PromptAnswer>>;
}
