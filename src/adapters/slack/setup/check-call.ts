import { type Answer, ask, pauseWords } from '../../common/ask.js';
import { type Finding, failed, noAnswerFinding } from '../../common/finding.js';
import { membersOf, textOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';

export interface SlackApi {
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly withinMs: number;
}

export const WITHIN_MS = 10_000;

type Answered = Extract<Answer, { kind: 'answered' }>;

export type Called =
  | { readonly kind: 'ok'; readonly body: Readonly<Record<string, unknown>>; readonly headers: Headers }
  /** Slack's own word for it. */
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'failed'; readonly finding: Finding };

/** Calls a method that takes nothing but a token, which goes into the header alone. */
export async function call(method: string, token: string, api: SlackApi): Promise<Called> {
  const url = `${api.apiRoot}/${method}`;
  const answer = await ask({ url, method: 'POST', authorization: `Bearer ${token}`, withinMs: api.withinMs });
  const { host } = new URL(api.apiRoot);
  const asked = { host, withinMs: api.withinMs, platform: 'Slack', api: 'Slack API' };
  if (answer.kind === 'none') return { kind: 'failed', finding: noAnswerFinding(answer.reason, asked) };
  const body = membersOf(answer.body);
  const error = textOf(body.error);
  if (answer.status === 429 || error === 'ratelimited') return { kind: 'failed', finding: tooMuch(answer) };
  if (body.ok === true) return { kind: 'ok', body, headers: answer.headers };
  if (error !== undefined) return { kind: 'refused', error: plainText(error, 60) };
  if (answer.status >= 500) {
    const finding = failed(
      `Slack answered ${method} with ${answer.status}`,
      'The trouble is theirs: run this again later.',
    );
    return { kind: 'failed', finding };
  }
  return { kind: 'failed', finding: noAnswerFinding('foreign', asked) };
}

function tooMuch(answer: Answered): Finding {
  return failed(`Slack wants no more requests${pauseWords(answer)} (429)`, 'Run this again later.');
}
