import { setTimeout as sleep } from 'node:timers/promises';
import type { Failure, RestCall } from '../face.js';
import { Form, isFields } from '../form.js';
import { notFound, Refusal, unauthorized } from '../refusal.js';
import type { Answer, Call, Route } from './call.js';
import { Faults } from './faults.js';
import { type Headers, RateLimits, tooMany } from './rate-limits.js';
import { CHANNELS } from './routes/channels.js';
import { COMMANDS } from './routes/commands.js';
import { INTERACTIONS } from './routes/interactions.js';
import { LOOKING } from './routes/looking.js';

export interface RestRequest {
  readonly method: string;
  /** Decoded, below `/api/v10`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** The body was no JSON. */
  readonly broken: boolean;
  readonly authorization: string | undefined;
}

export type RestAnswer = (Answer & { readonly headers?: Headers; readonly html?: string }) | 'cut';

const ROUTES: readonly Route[] = [...LOOKING, ...COMMANDS, ...CHANNELS, ...INTERACTIONS];

interface Match {
  readonly route: Route;
  readonly params: readonly string[];
}

const segments = (path: string): readonly string[] => path.split('/').filter((part) => part !== '');

function matched(route: Route, method: string, path: readonly string[]): Match | undefined {
  const [verb, pattern = ''] = route.name.split(' ');
  const wanted = segments(pattern);
  if (verb !== method || wanted.length !== path.length) return undefined;
  const fits = wanted.every((part, at) => part === path[at] || takes(part, path[at] ?? ''));
  return fits ? { route, params: path.filter((_, at) => wanted[at]?.startsWith(':')) } : undefined;
}

function takes(part: string, given: string): boolean {
  if (part === ':token') return /^[\w-]+$/.test(given);
  return part.startsWith(':') && /^\d+$/.test(given);
}

/** Takes calls, finds the route, answers, and writes down what was called. */
export class Api {
  readonly calls: RestCall[] = [];
  readonly faults = new Faults();
  readonly limits: RateLimits;
  readonly #context: Omit<Call, 'params' | 'query' | 'body'>;

  constructor(context: Omit<Call, 'params' | 'query' | 'body'>) {
    this.#context = context;
    this.limits = new RateLimits(context.platform.now);
  }

  async serve(request: RestRequest): Promise<RestAnswer> {
    const { method, path } = request;
    const match = ROUTES.map((route) => matched(route, method, segments(path))).find(
      (one) => one !== undefined,
    );
    const name = match?.route.name ?? `${method} ${path}`;
    const atMs = this.#context.platform.now();
    const answer = await this.#answer(name, match, request);
    this.#record(name, request, answer, atMs);
    return answer;
  }

  async #answer(name: string, match: Match | undefined, request: RestRequest): Promise<RestAnswer> {
    const fault = this.faults.next(name);
    if (fault === undefined) return this.#run(name, match, request);
    return this.#goWrong(fault, () => this.#run(name, match, request));
  }

  async #goWrong(fault: Failure, run: () => Promise<RestAnswer>): Promise<RestAnswer> {
    if (fault === 'drop-before') return 'cut';
    if (fault === 'drop-after') {
      await run();
      return 'cut';
    }
    if ('delayMs' in fault) {
      await sleep(fault.delayMs);
      return run();
    }
    if ('retryAfter' in fault) return tooMany(fault.retryAfter, fault.scope ?? 'user');
    const { status, code, message = 'Something went wrong' } = fault;
    if (code === undefined) return { status, html: `<html><body><h1>${status}</h1></body></html>` };
    return { status, json: { message, code } };
  }

  async #run(name: string, match: Match | undefined, request: RestRequest): Promise<RestAnswer> {
    try {
      if (match === undefined) throw notFound();
      if (match.route.needsBot !== false && !this.#isBot(request)) throw unauthorized();
      const major = match.route.needsBot === false ? match.params.join('/') : (match.params[0] ?? '');
      const { headers, retryAfter } = this.limits.take(name, major);
      if (retryAfter !== undefined) return tooMany(retryAfter, 'user', headers);
      return { ...(await this.#call(match, request)), headers };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, json: error.body };
      return { status: 500, json: { message: `500: Internal Server Error: ${error}`, code: 0 } };
    }
  }

  async #call({ route, params }: Match, { query, body, broken }: RestRequest): Promise<Answer> {
    if (broken) throw new Refusal(400, 50109, 'The request body contains invalid JSON.');
    return route.answer({ ...this.#context, params, query, body: new Form(body) });
  }

  #isBot({ authorization = '' }: RestRequest): boolean {
    const [, token = ''] = /^Bot (.+)$/.exec(authorization) ?? [];
    return this.#context.platform.knowsToken(token);
  }

  #record(route: string, request: RestRequest, answer: RestAnswer, atMs: number): void {
    const json = answer === 'cut' ? undefined : answer.json;
    const code = answer !== 'cut' && answer.status >= 400 && isFields(json) ? json.code : undefined;
    this.calls.push({
      route,
      path: request.path,
      query: Object.fromEntries(request.query),
      body: request.body,
      authorized: this.#isBot(request),
      status: answer === 'cut' ? 0 : answer.status,
      ...(typeof code === 'number' ? { code } : {}),
      atMs,
    });
  }
}
