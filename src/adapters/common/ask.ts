import { type NoAnswer, noAnswerOf } from './finding.js';
import { membersOf } from './payload.js';

export interface Question {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly authorization: string;
  readonly withinMs: number;
}

export type Answer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: unknown;
      readonly headers: Headers;
    }
  | { readonly kind: 'none'; readonly reason: NoAnswer };

/** More than any answer to what `check` asks. */
const LONGEST = 4_000_000;

/** Asks a platform's API something, once. Never rejects. */
export async function ask({ url, method, authorization, withinMs }: Question): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization, accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(withinMs),
    });
    const { status, headers } = response;
    return { kind: 'answered', status, headers, body: jsonOf(await textWithin(response)) };
  } catch (error) {
    return { kind: 'none', reason: noAnswerOf(error) };
  }
}

async function textWithin(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST) return '';
  }
  return text;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `Retry-After`, or Discord's `retry_after`, as words: " for 7 s". */
export function pauseWords({ headers, body }: Extract<Answer, { kind: 'answered' }>): string {
  const seconds = Number(headers.get('retry-after') ?? membersOf(body).retry_after);
  return Number.isFinite(seconds) && seconds > 0 ? ` for ${Math.ceil(seconds)} s` : '';
}
