import { ask, pauseWords } from '../../common/ask.js';
import { type Finding, failed, noAnswerFinding } from '../../common/finding.js';
import { integerOf, membersOf, textOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';

export const WITHIN_MS = 10_000;

const NEW_TOKEN =
  'Put the current token into the environment: discord.com/developers/applications → your application → Bot → Reset Token makes one. Older ones never work again.';

export type Told =
  | { readonly kind: 'ok'; readonly body: unknown }
  /** It is not there, or the bot may not see it. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'failed'; readonly finding: Finding };

/** Reads something at a path of the API; the token goes into the header alone. */
export type DiscordAsk = (path: string) => Promise<Told>;

export function createAsk(parts: {
  readonly token: string;
  readonly apiRoot: string;
  readonly withinMs: number;
}): DiscordAsk {
  const { token, apiRoot, withinMs } = parts;
  const asked = { host: new URL(apiRoot).host, withinMs, platform: 'Discord', api: 'Discord API' };
  return async (path) => {
    const url = `${apiRoot}/v10${path}`;
    const answer = await ask({ url, method: 'GET', authorization: `Bot ${token}`, withinMs });
    if (answer.kind === 'none') return { kind: 'failed', finding: noAnswerFinding(answer.reason, asked) };
    const { status, body } = answer;
    if (status === 200 && typeof body === 'object' && body !== null) return { kind: 'ok', body };
    if (status === 429) return { kind: 'failed', finding: tooMuch(pauseWords(answer)) };
    const { message, code } = membersOf(body);
    const isDiscord = integerOf(code) !== undefined && textOf(message) !== undefined;
    if (isDiscord && status === 401) return { kind: 'failed', finding: REFUSED };
    if (isDiscord && (status === 403 || status === 404)) return { kind: 'hidden' };
    if (status >= 500) return { kind: 'failed', finding: theirTrouble(path, status) };
    if (!isDiscord) return { kind: 'failed', finding: noAnswerFinding('foreign', asked) };
    const text = `Discord answered ${named(path)} with ${status}: ${plainText(textOf(message) ?? '', 120)}`;
    return { kind: 'failed', finding: failed(text, 'Run this again later.') };
  };
}

const REFUSED = failed('Discord refuses the bot token (401)', NEW_TOKEN);

function tooMuch(pause: string): Finding {
  return failed(`Discord wants no more requests${pause} (429)`, 'Run this again later.');
}

function theirTrouble(path: string, status: number): Finding {
  const text = `Discord answered ${named(path)} with ${status}`;
  return failed(text, 'The trouble is theirs: run this again later.');
}

function named(path: string): string {
  return path.replaceAll(/\/\d+/g, '/…').replace(/\?.*$/, '');
}
