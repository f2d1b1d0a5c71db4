import type { Finding } from '../../common/finding.js';
import { membersOf } from '../../common/payload.js';
import type { DiscordAsk } from './check-call.js';

/** Where `/mcp` has to be registered. */
export interface Registration {
  /** Whether the gateway registers it. */
  readonly commands: boolean;
  readonly guilds?: readonly string[];
}

const CHAT_INPUT = 1;

/** Whether people can choose `/mcp` where they should. */
export async function commandFindings(
  ask: DiscordAsk,
  application: unknown,
  { commands, guilds }: Registration,
): Promise<readonly Finding[]> {
  const base = `/applications/${String(membersOf(application).id)}`;
  const places = guilds?.map((id) => ({
    path: `${base}/guilds/${id}/commands`,
    place: `in the server ${id}`,
  })) ?? [{ path: `${base}/commands`, place: 'for all servers and private chats' }];
  const findings = await Promise.all(
    places.map(async ({ path, place }): Promise<readonly Finding[]> => {
      const told = await ask(path);
      if (told.kind === 'failed') return [told.finding];
      if (told.kind === 'hidden') return [];
      return [registered(told.body) ? there(place) : notThere(place, commands)];
    }),
  );
  return findings.flat();
}

function registered(body: unknown): boolean {
  return (Array.isArray(body) ? body : []).some((entry: unknown) => {
    const { name, type = CHAT_INPUT } = membersOf(entry);
    return name === 'mcp' && type === CHAT_INPUT;
  });
}

function there(place: string): Finding {
  return { mark: 'ok', text: `/mcp is registered ${place}` };
}

function notThere(place: string, commands: boolean): Finding {
  const remedy = commands
    ? '`mcp-chat-gateway start` registers it.'
    : 'Register it by your own means, or take `commands: false` out.';
  return { mark: 'attention', text: `/mcp is not registered ${place}`, remedy };
}
