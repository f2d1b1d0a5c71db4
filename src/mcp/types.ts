import type { Access, AuthFailure, Server, Subject, VerifyOutcome } from '../auth/types.js';

export interface ToolInfo {
  readonly name: string;
  /** The server's own text: data, never markup. */
  readonly description: string;
  /** Arguments that it cannot be called without. Absent: there are none. */
  readonly needs?: readonly string[];
  /** Its own annotation says so. */
  readonly destructive?: boolean;
}

/** What came of calling a tool with no arguments. */
export type ToolTrial =
  /** `failed`: the tool says so itself. `text`: the server's own words: data, never markup. */
  | { readonly kind: 'answered'; readonly failed: boolean; readonly text: string }
  /** The server takes the person's access, and not for this tool. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-such-tool' }
  | { readonly kind: 'needs-arguments'; readonly names: readonly string[] }
  | { readonly kind: 'destructive' };

/** What a look at a server on a person's behalf showed. */
export type ProbeResult =
  | {
      readonly kind: 'ready';
      readonly tools: readonly ToolInfo[];
      /** What `tools.include`, or else `tools.exclude`, names and the server does not have. Absent: nothing. */
      readonly withoutTool?: readonly string[];
      readonly protocolVersion: string;
      /** `name version`, the server's own words. */
      readonly software?: string;
      /** True when a credential went along. */
      readonly authenticated: boolean;
    }
  /** `never`: no credential. `refused`: the grant died. */
  | { readonly kind: 'needs-sign-in'; readonly reason: 'never' | 'refused'; readonly sinceMs?: number }
  | { readonly kind: 'needs-key'; readonly reason: 'missing' | 'refused' }
  /** `exhausted`: signing in for it has not helped. */
  | { readonly kind: 'needs-scope'; readonly scopes: readonly string[]; readonly exhausted?: boolean }
  | { readonly kind: 'unreachable'; readonly failure: AuthFailure };

export interface Probe {
  readonly server: string;
  readonly subject: Subject;
  readonly atMs: number;
  readonly latencyMs: number;
  /** For `unreachable`: since when without a success in between. */
  readonly sinceMs: number;
  readonly result: ProbeResult;
}

/** `trial` is absent where the look did not come as far as calling. */
export interface TriedTool {
  readonly probe: Probe;
  readonly trial?: ToolTrial;
}

/** Sessions with MCP servers on a person's behalf. */
export interface McpConnections {
  /** What is known from the last look by this process. No I/O. */
  known(server: Server, subject: Subject): Probe | undefined;
  /** Looks now; never rejects, never hangs longer than the server's `connect_timeout` + `timeout`. */
  probe(server: Server, subject: Subject): Promise<Probe>;
  /** Looks now, and calls one tool: some servers list to anybody what they let few people call. */
  tryTool(server: Server, subject: Subject, tool: string): Promise<TriedTool>;
  /** Connects with a credential that is not stored yet. Remembers the answer for `known` when it works. */
  verify(server: Server, subject: Subject, access: Access): Promise<VerifyOutcome>;
  /** Forgets what is known (after a sign-out, a new credential, a config change). */
  forget(server: string, subject?: Subject): void;
  /** What a call showed meanwhile. `works`: the server answered; what was known to be wrong is so no more. */
  learn(server: string, subject: Subject, result: ProbeResult | 'works'): void;
  /** Ends the looks under way. */
  close(): Promise<void>;
}
