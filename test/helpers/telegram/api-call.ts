import type { BotApi } from './face.js';

export interface Answer {
  readonly status: number;
  readonly ok: boolean;
  readonly result?: unknown;
  readonly error_code?: number;
  readonly description?: string;
  readonly parameters?: unknown;
}

/** One call as any bot can make it, with no library between. */
export async function callApi(
  { root, token }: Pick<BotApi, 'root' | 'token'>,
  method: string,
  payload: object = {},
): Promise<Answer> {
  const response = await fetch(`${root}/bot${token}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  });
  const body = (await response.json()) as Omit<Answer, 'status'>;
  return { status: response.status, ...body };
}
