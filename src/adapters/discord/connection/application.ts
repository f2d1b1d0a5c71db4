import { membersOf, textOf } from '../../common/payload.js';
import { isSnowflake } from '../refs.js';
import type { Me } from '../types.js';
import { type DiscordApi, DiscordUnavailableError } from './api.js';

export interface Application extends Me {
  /** What Discord signs interactions with. */
  readonly publicKey: string;
  /** Where Discord sends interactions, if not over the Gateway. */
  readonly interactionsUrl?: string;
}

/** The bot's application. @throws {TokenRefusedError | DiscordUnavailableError} */
export async function readApplication(api: DiscordApi): Promise<Application> {
  const answer = await api.call({ method: 'GET', path: '/applications/@me' });
  const {
    id,
    bot,
    verify_key: publicKey,
    interactions_endpoint_url: url,
  } = membersOf(answer.kind === 'ok' ? answer.body : undefined);
  if (!isSnowflake(id) || typeof publicKey !== 'string')
    throw new DiscordUnavailableError('Discord did not tell the application’s key.');
  const user = membersOf(bot).id;
  const interactionsUrl = textOf(url);
  return {
    // A bot made since 2016 has its application's id.
    user: isSnowflake(user) ? user : id,
    application: id,
    publicKey,
    ...(interactionsUrl ? { interactionsUrl } : {}),
  };
}
