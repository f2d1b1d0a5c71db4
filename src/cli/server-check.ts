import type { HttpServer, Server, Subject } from '../auth/types.js';
import type { Line, Mark, Reply } from '../gateway/types.js';
import { counted, failureSentence, listed, oneLine, scopeWords } from '../gateway/wording.js';
import { withoutKeys } from '../mcp/placeholders.js';
import type { McpConnections, ProbeResult } from '../mcp/types.js';
import type { LineFinder } from './config-lines.js';

/** How one server is found to be. `attention` is for people to do in the chat; `failed` is for whoever runs this. */
export interface Finding {
  readonly server: string;
  readonly mark: Mark;
  readonly found: string;
  /** What to do; a sentence. */
  readonly next?: string;
}

/** No person's: what it finds is not remembered as anybody's. */
const NOBODY: Subject = '';

/** Reaches the server with what is stored for this person; where only a key is missing, without one. */
export async function checkServer(
  server: Server,
  subject: Subject,
  connections: Pick<McpConnections, 'probe'>,
): Promise<Finding> {
  if (!server.enabled) return { server: server.name, mark: 'neutral', found: 'disabled' };
  const { result } = await connections.probe(server, subject);
  const keyMissing = result.kind === 'needs-key' && result.reason === 'missing';
  if (!keyMissing || server.kind === 'stdio') return findingOf(server, result);
  const bare: HttpServer = { ...server, keys: [], headers: withoutKeys(server.headers) };
  const reached = (await connections.probe(bare, NOBODY)).result;
  // Refusing who comes without a key is what it should do.
  const refused =
    reached.kind === 'unreachable' && ['http-error', 'credential-refused'].includes(reached.failure.code);
  return findingOf(server, reached.kind === 'unreachable' && !refused ? reached : result);
}

function findingOf(server: Server, result: ProbeResult): Finding {
  const { name } = server;
  switch (result.kind) {
    case 'ready': {
      const how = result.authenticated ? 'connected' : 'reached';
      const found = `${how} · ${counted(result.tools.length, 'tool')}`;
      return result.withoutTool === undefined
        ? { server: name, mark: 'ok', found }
        : { server: name, mark: 'attention', found, next: toolMissing(server, result.withoutTool) };
    }
    case 'needs-sign-in':
      return signInNeeded(server, 'sign-in needed');
    case 'needs-scope':
      return signInNeeded(server, `more access needed: ${scopeWords(result.scopes)}`);
    case 'needs-key':
      return keyNeeded(server, result.reason);
    case 'unreachable': {
      const detail = oneLine(result.failure.detail, 160);
      const next =
        server.kind === 'stdio'
          ? 'Check its `command`, `args` and `cwd`.'
          : 'Check its `url`, and that it runs.';
      return { server: name, mark: 'failed', found: `${failureSentence(result.failure)} (${detail})`, next };
    }
  }
}

function toolMissing({ tools }: Server, names: readonly string[]): string {
  const key = tools.include === undefined ? 'exclude' : 'include';
  const shown = listed(names.map((name) => oneLine(name, 60)));
  return `\`tools.${key}\` names ${shown}, and no tool is called so. Capitals and small letters count.`;
}

function signInNeeded({ name, credentials }: Server, found: string): Finding {
  const who = credentials === 'shared' ? 'An admin signs in for everyone' : 'People sign in';
  return { server: name, mark: 'attention', found, next: `${who} with /mcp auth ${name}.` };
}

function keyNeeded({ name, keys, credentials }: Server, reason: 'missing' | 'refused'): Finding {
  const unset = keys.filter((key) => key.value === undefined).map((key) => key.name);
  const who = credentials === 'shared' ? 'An admin gives one for everyone' : 'People give theirs';
  const giveIt = `${who} with /mcp auth ${name}; set ${listed(unset)} in the environment for a key for all.`;
  if (reason === 'missing') return { server: name, mark: 'attention', found: 'key needed', next: giveIt };
  if (unset.length > 0)
    return { server: name, mark: 'attention', found: 'it refuses the stored key', next: giveIt };
  const next = `Set a valid ${listed(keys.map((key) => key.name))} in the environment.`;
  return { server: name, mark: 'failed', found: 'it refuses the key from the environment', next };
}

/** The findings as a table, and below it what to do about each. */
export function checkReply(file: string, findings: readonly Finding[], where: LineFinder): Reply {
  const failed = findings.filter((finding) => finding.mark === 'failed').length;
  const next = findings.flatMap((finding): readonly Line[] =>
    finding.next === undefined
      ? []
      : [{ cells: [`${where(['mcp_servers', finding.server])}  ${finding.server}: ${finding.next}`] }],
  );
  return {
    title: `${file} is valid.`,
    aside: failed === 0 ? counted(findings.length, 'server') : `${failed} of ${findings.length} failed`,
    lines: [
      ...findings.map(({ server, mark, found }) => ({ mark, cells: [server, found] })),
      ...(next.length === 0 ? [] : [{ cells: [''] }, ...next]),
    ],
    actions: [],
  };
}
