import type { ServerResponse } from 'node:http';
import { type HttpPeer, json, type Seen, startHttpPeer } from '../helpers/http-peer.js';

export interface TokenEndpoint {
  readonly peer: HttpPeer;
  readonly origin: string;
  /** Parameters of every request to /token, as sent. */
  readonly refreshes: URLSearchParams[];
  /** Parameters of every request to /revoke. */
  readonly revocations: URLSearchParams[];
  /** Answers the next refresh instead of the endpoint itself, once. */
  next(answer: (response: ServerResponse, request: Seen) => void): void;
  /** Resolves when the next request has arrived. */
  arrival(): Promise<void>;
  /** Waits before every answer, so that callers meet. */
  delayMs: number;
  /** From now on nothing is answered, until what it returns is called. */
  hold(): () => void;
  /** Left out of, or put into, the answers. */
  extra: Record<string, unknown>;
  expiresIn: number | undefined;
  close(): Promise<void>;
}

/**
 * A strict token endpoint: form-encoded POST with `grant_type`, a client and a resource, exactly one of each; refresh
 * tokens `r1`, `r2`, … each good once, and a used one ends the whole grant.
 */
export async function startTokenEndpoint(): Promise<TokenEndpoint> {
  const answers: ((response: ServerResponse, request: Seen) => void)[] = [];
  let current = 1;
  let ended = false;

  const endpoint = {
    refreshes: [] as URLSearchParams[],
    revocations: [] as URLSearchParams[],
    delayMs: 0,
    extra: {} as Record<string, unknown>,
    expiresIn: 3600 as number | undefined,
  };

  function refresh(request: Seen, response: ServerResponse): void {
    const form = new URLSearchParams(request.body);
    endpoint.refreshes.push(form);
    const answer = answers.shift();
    if (answer !== undefined) {
      answer(response, request);
      return;
    }
    const repeated = [...form.keys()].some((name) => form.getAll(name).length !== 1);
    const wellFormed =
      request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true &&
      form.get('grant_type') === 'refresh_token' &&
      form.get('resource') === 'https://mcp.example/mcp';
    if (repeated || !wellFormed) {
      json(response, 400, { error: 'invalid_request' });
      return;
    }
    if (ended || form.get('refresh_token') !== `r${current}`) {
      ended = true;
      json(response, 400, { error: 'invalid_grant', error_description: 'used or unknown' });
      return;
    }
    current += 1;
    json(response, 200, {
      access_token: `a${current}`,
      token_type: 'Bearer',
      refresh_token: `r${current}`,
      ...(endpoint.expiresIn === undefined ? {} : { expires_in: endpoint.expiresIn }),
      ...endpoint.extra,
    });
  }

  let held: Promise<void> | undefined;
  const arrivals: (() => void)[] = [];
  const peer = await startHttpPeer(async (request, response) => {
    for (const arrived of arrivals.splice(0)) arrived();
    if (endpoint.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, endpoint.delayMs));
    await held;
    if (request.method !== 'POST') return json(response, 405, {});
    if (request.path === '/token') return refresh(request, response);
    if (request.path !== '/revoke') return json(response, 404, {});
    endpoint.revocations.push(new URLSearchParams(request.body));
    const answer = answers.shift();
    if (answer !== undefined) return answer(response, request);
    response.writeHead(200).end();
  });
  return Object.assign(endpoint, {
    peer,
    origin: peer.origin,
    next: (answer: (response: ServerResponse, request: Seen) => void) => void answers.push(answer),
    hold: () => {
      let go = () => {};
      held = new Promise((resolve) => {
        go = resolve;
      });
      return go;
    },
    arrival: () => new Promise<void>((resolve) => void arrivals.push(resolve)),
    close: peer.close,
  });
}
