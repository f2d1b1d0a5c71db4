import { type Finding, failed } from '../../common/finding.js';
import { applicationFindings } from './check-application.js';
import { createAsk, type Told, WITHIN_MS } from './check-call.js';
import { commandFindings, type Registration } from './check-command.js';
import { guildFindings } from './check-guilds.js';

export interface DiscordCheck extends Registration {
  readonly token: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly mode: 'gateway' | 'http';
  /** Without a trailing slash. */
  readonly publicUrl?: string;
  readonly withinMs?: number;
}

/** Asks Discord about the bot; changes nothing, and opens no connection. Never rejects, and never holds the token. */
export async function checkDiscord(options: DiscordCheck): Promise<readonly Finding[]> {
  const { token, apiRoot, guilds, withinMs = WITHIN_MS } = options;
  const ask = createAsk({ token, apiRoot, withinMs });
  const paths = ['/users/@me', '/applications/@me', '/users/@me/guilds'];
  const told = await Promise.all(paths.map(ask));
  const trouble = told.map(troubleOf).find((finding) => finding !== undefined);
  if (trouble !== undefined) return [trouble];
  const [me, application, where] = told.map(bodyOf);
  return [
    ...applicationFindings(me, application, options),
    ...guildFindings(where, guilds),
    ...(await commandFindings(ask, application, options)),
  ];
}

function troubleOf(told: Told): Finding | undefined {
  if (told.kind === 'failed') return told.finding;
  if (told.kind === 'ok') return undefined;
  return failed('Discord does not tell about the bot', 'Check that the token is a bot’s.');
}

function bodyOf(told: Told): unknown {
  return told.kind === 'ok' ? told.body : undefined;
}
