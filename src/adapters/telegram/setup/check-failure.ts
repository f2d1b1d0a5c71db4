import { GrammyError, HttpError } from 'grammy';
import { plainText } from '../../common/text.js';
import type { Finding } from './finding.js';

const NEW_TOKEN =
  'Put the current token into the environment: @BotFather has it under /mybots → API Token. A revoked one never works again.';
const LATER = 'Run this again later.';

/** Why Telegram could not be asked. Never with the address asked for, which holds the token. */
export function failureFinding(error: unknown, apiRoot: string, withinMs: number): Finding {
  if (error instanceof GrammyError && Number.isInteger(error.error_code)) return refused(error);
  const { host } = new URL(apiRoot);
  const why = error instanceof HttpError ? reasonOf(error.error) : 'not-telegram';
  return { mark: 'failed', ...unreached(why, host, withinMs) };
}

function refused({ error_code: status, description, method, parameters }: GrammyError): Finding {
  const mark = 'failed';
  if (status === 401) return { mark, text: 'Telegram refuses the bot token (401)', remedy: NEW_TOKEN };
  if (status === 404) {
    const remedy = `${NEW_TOKEN} Check \`api_root\` too, where you set one.`;
    return { mark, text: 'there is no bot with this token (404)', remedy };
  }
  if (status === 429) {
    const pause = parameters.retry_after === undefined ? '' : ` for ${parameters.retry_after} s`;
    return { mark, text: `Telegram wants no more requests${pause} (429)`, remedy: LATER };
  }
  const text = `Telegram answered ${method} with ${status}: ${plainText(description, 160)}`;
  return { mark, text, remedy: status >= 500 ? 'The trouble is theirs: run this again later.' : LATER };
}

type Reason = 'no-such-host' | 'no-answer' | 'late' | 'certificate' | 'not-telegram';

/** The codes are those of Node's DNS, sockets and TLS, and of node-fetch ("type"). */
function reasonOf(error: unknown): Reason {
  if (!(error instanceof Error)) return 'no-answer';
  if ('type' in error && error.type === 'invalid-json') return 'not-telegram';
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no-such-host';
  if (/CERT|TLS|SSL|^UNABLE_TO/.test(code)) return 'certificate';
  return code === 'ETIMEDOUT' || /timed out/.test(error.message) ? 'late' : 'no-answer';
}

function unreached(reason: Reason, host: string, withinMs: number): { text: string; remedy: string } {
  const way = `The gateway needs a direct way to ${host}: check network, firewall and \`api_root\`.`;
  switch (reason) {
    case 'no-such-host':
      return { text: `${host} is not known here`, remedy: `Check this machine's DNS. ${way}` };
    case 'no-answer':
      return { text: `${host} cannot be reached`, remedy: way };
    case 'late':
      return { text: `${host} did not answer within ${withinMs / 1000} s`, remedy: way };
    case 'certificate':
      return {
        text: `${host} has no certificate that this machine trusts`,
        remedy: 'Check the clock of this machine, and what stands between it and Telegram.',
      };
    case 'not-telegram':
      return { text: `what answers at ${host} is no Bot API`, remedy: `Check \`api_root\`. ${way}` };
  }
}
