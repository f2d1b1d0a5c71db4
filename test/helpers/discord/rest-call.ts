import type { Discord, Fields } from './face.js';

export interface RestReply {
  readonly status: number;
  /** Undefined: an empty body. */
  readonly json: Fields | readonly Fields[] | undefined;
  readonly code: unknown;
  readonly headers: Headers;
}

/** One call as any client can make it; with the bot's token unless another is given. */
export async function callRest(
  discord: Pick<Discord, 'api' | 'token'>,
  route: string,
  body?: unknown,
  authorization: string | undefined = `Bot ${discord.token}`,
): Promise<RestReply> {
  const [method = 'GET', path = ''] = route.split(' ');
  const response = await fetch(`${discord.api}/v10${path}`, {
    method,
    headers: {
      ...(authorization === '' ? {} : { authorization }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const json = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : undefined;
  return { status: response.status, json, code: json?.code, headers: response.headers };
}
