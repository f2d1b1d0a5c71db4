import type { Mark } from '../../gateway/types.js';

/** One thing that `check` finds about a bot. `failed`: it does not work; `attention`: not yet, or not for everybody. */
export interface Finding {
  readonly mark: Mark;
  readonly text: string;
  /** What to do; sentences. */
  readonly remedy?: string;
}

/** Why there was no answer, or none that means anything. */
export type NoAnswer = 'no-such-host' | 'no-answer' | 'late' | 'certificate' | 'foreign';

/** By the codes of Node's DNS, sockets and TLS; `fetch` wraps them. */
export function noAnswerOf(error: unknown): NoAnswer {
  if (!(error instanceof Error)) return 'no-answer';
  if (error.name === 'TimeoutError') return 'late';
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no-such-host';
  if (/CERT|TLS|SSL|^UNABLE_TO/.test(code)) return 'certificate';
  if (code === 'ETIMEDOUT' || /timed out/.test(error.message)) return 'late';
  return error.cause === undefined ? 'no-answer' : noAnswerOf(error.cause);
}

export interface Asked {
  readonly host: string;
  readonly withinMs: number;
  readonly platform: string;
  /** What should have answered: "Bot API". */
  readonly api: string;
}

export function noAnswerFinding(reason: NoAnswer, { host, withinMs, platform, api }: Asked): Finding {
  const way = `The gateway needs a direct way to ${host}: check network, firewall and \`api_root\`.`;
  switch (reason) {
    case 'no-such-host':
      return failed(`${host} is not known here`, `Check this machine's DNS. ${way}`);
    case 'no-answer':
      return failed(`${host} cannot be reached`, way);
    case 'late':
      return failed(`${host} did not answer within ${withinMs / 1000} s`, way);
    case 'certificate':
      return failed(
        `${host} has no certificate that this machine trusts`,
        `Check the clock of this machine, and what stands between it and ${platform}.`,
      );
    case 'foreign':
      return failed(`what answers at ${host} is no ${api}`, `Check \`api_root\`. ${way}`);
  }
}

export function failed(text: string, remedy: string): Finding {
  return { mark: 'failed', text, remedy };
}
