import { GrammyError, HttpError } from 'grammy';
import { type Finding, failed, type NoAnswer, noAnswerFinding, noAnswerOf } from '../../common/finding.js';
import { plainText } from '../../common/text.js';

const NEW_TOKEN =
  'Put the current token into the environment: @BotFather has it under /mybots → API Token. A revoked one never works again.';
const LATER = 'Run this again later.';

/** Why Telegram could not be asked. Never with the address asked for, which holds the token. */
export function failureFinding(error: unknown, apiRoot: string, withinMs: number): Finding {
  if (error instanceof GrammyError && Number.isInteger(error.error_code)) return refused(error);
  const { host } = new URL(apiRoot);
  const why = error instanceof HttpError ? reasonOf(error.error) : 'foreign';
  return noAnswerFinding(why, { host, withinMs, platform: 'Telegram', api: 'Bot API' });
}

function refused({ error_code: status, description, method, parameters }: GrammyError): Finding {
  if (status === 401) return failed('Telegram refuses the bot token (401)', NEW_TOKEN);
  if (status === 404) {
    const remedy = `${NEW_TOKEN} Check \`api_root\` too, where you set one.`;
    return failed('there is no bot with this token (404)', remedy);
  }
  if (status === 429) {
    const pause = parameters.retry_after === undefined ? '' : ` for ${parameters.retry_after} s`;
    return failed(`Telegram wants no more requests${pause} (429)`, LATER);
  }
  const text = `Telegram answered ${method} with ${status}: ${plainText(description, 160)}`;
  return failed(text, status >= 500 ? 'The trouble is theirs: run this again later.' : LATER);
}

/** node-fetch, with which grammY calls, says so of an answer that is no JSON. */
function reasonOf(error: unknown): NoAnswer {
  if (error instanceof Error && 'type' in error && error.type === 'invalid-json') return 'foreign';
  return noAnswerOf(error);
}
