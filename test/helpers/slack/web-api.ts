import type { Echoes } from './echoes.js';
import type { ApiCall, Failure } from './face.js';
import { Faults } from './faults.js';
import type { DoorAnswer, DoorRequest } from './http-door.js';
import { chatMethods } from './methods/chat.js';
import { lookupMethods } from './methods/lookups.js';
import type { Method } from './methods/method.js';
import { viewMethods } from './methods/views.js';
import { Params } from './params.js';
import type { Platform } from './platform.js';
import { Refusal } from './refusal.js';
import { readBody } from './request-body.js';
import { ResponseUrlUse } from './response-url-use.js';
import type { Fields, Installation } from './shapes.js';

const METHODS: Readonly<Record<string, Method>> = { ...chatMethods, ...lookupMethods, ...viewMethods };

interface Read {
  readonly method: string;
  readonly team: string | undefined;
  readonly params: Fields;
  readonly run: () => DoorAnswer;
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const refusedAs = ({ code, more }: Refusal): DoorAnswer => ({
  status: 200,
  body: { ok: false, error: code, ...more },
});

/** The Web API and the response_urls: takes calls, answers, and writes down what was called. */
export class WebApi {
  readonly calls: ApiCall[] = [];
  readonly faults = new Faults();
  readonly #platform: Platform;
  readonly #echoes: Echoes;
  readonly #openSocketUrl: () => string;
  readonly #urls: ResponseUrlUse;

  constructor(platform: Platform, echoes: Echoes, openSocketUrl: () => string) {
    this.#platform = platform;
    this.#echoes = echoes;
    this.#openSocketUrl = openSocketUrl;
    this.#urls = new ResponseUrlUse(platform, echoes);
  }

  async serve(request: DoorRequest): Promise<DoorAnswer> {
    const read = this.#read(request);
    if (read === undefined) return { status: 404, body: 'Not found' };
    const fault = this.faults.next(read.method);
    return fault === undefined ? this.#done(read) : this.#goWrong(fault, read);
  }

  async #goWrong(fault: Failure, read: Read): Promise<DoorAnswer> {
    if (fault === 'drop-before') return this.#record(read, 'cut');
    if (fault === 'drop-after') {
      read.run();
      return this.#record(read, 'cut');
    }
    if ('delayMs' in fault) {
      await later(fault.delayMs);
      return this.#done(read);
    }
    if ('error' in fault) return this.#record(read, refusedAs(new Refusal(fault.error)));
    const { status, retryAfterSeconds, body } = fault;
    const limited = status === 429 ? { ok: false, error: 'ratelimited' } : 'Something went wrong';
    const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    return this.#record(read, { status, body: body ?? limited, headers });
  }

  #done(read: Read): DoorAnswer {
    return this.#record(read, read.run());
  }

  #record({ method, team, params }: Read, answer: DoorAnswer): DoorAnswer {
    const { token: _, ...shown } = params;
    const status = answer === 'cut' ? 0 : answer.status;
    this.calls.push({
      method,
      team,
      params: shown,
      status,
      outcome: outcomeOf(answer),
      atMs: this.#platform.now(),
    });
    return answer;
  }

  #read(request: DoorRequest): Read | undefined {
    const { path } = request;
    if (path.startsWith('/api/')) return this.#readCall(request, path.slice('/api/'.length));
    return this.#urls.read(request);
  }

  #readCall(request: DoorRequest, method: string): Read {
    const body = attempt(() => readBody(request.type, request.body));
    if (body instanceof Refusal) return { method, team: undefined, params: {}, run: () => refusedAs(body) };
    const { fields, json } = body;
    const bearer = /^Bearer (.+)$/.exec(request.authorization ?? '')?.[1];
    const token = bearer ?? (json || typeof fields.token !== 'string' ? undefined : fields.token);
    const [team] = this.#platform.tokens.get(token ?? '')?.teams ?? [];
    const run = () => this.#run(method, token, fields, json);
    return { method, team: team?.id, params: fields, run };
  }

  #run(name: string, token: string | undefined, fields: Fields, json: boolean): DoorAnswer {
    const answer = attempt(() =>
      name === 'apps.connections.open' ? this.#connect(token) : this.#call(name, token, fields, json),
    );
    return answer instanceof Refusal ? refusedAs(answer) : answer;
  }

  #connect(token: string | undefined): DoorAnswer {
    if (token === undefined) throw new Refusal('not_authed');
    if (token.startsWith('xoxb-')) throw new Refusal('not_allowed_token_type');
    if (token !== this.#platform.appToken) throw new Refusal('invalid_auth');
    return { status: 200, body: { ok: true, url: this.#openSocketUrl() } };
  }

  #call(name: string, token: string | undefined, fields: Fields, json: boolean): DoorAnswer {
    const method = METHODS[name];
    if (method === undefined) throw new Refusal('unknown_method', { req_method: name });
    const installation = this.#authorized(token);
    requireScope(method, installation);
    const params = new Params(json && !method.json ? {} : fields);
    const platform = this.#platform;
    const result = method.run({ platform, installation, params, echoes: this.#echoes });
    const headers = {
      'x-oauth-scopes': installation.scopes.join(','),
      'x-accepted-oauth-scopes': method.scopes.join(','),
    };
    return { status: 200, body: { ok: true, ...result }, headers };
  }

  #authorized(token: string | undefined): Installation {
    if (token === undefined) throw new Refusal('not_authed');
    if (token.startsWith('xapp-')) throw new Refusal('not_allowed_token_type');
    const found = this.#platform.tokens.get(token);
    if (found === undefined) throw new Refusal('invalid_auth');
    if (found.state === 'revoked') throw new Refusal('token_revoked');
    if (found.state === 'removed') throw new Refusal('account_inactive');
    return found;
  }
}

function requireScope({ scopes }: Method, installation: Installation): void {
  if (scopes.length === 0 || scopes.some((one) => installation.scopes.includes(one))) return;
  throw new Refusal('missing_scope', { needed: scopes.join(','), provided: installation.scopes.join(',') });
}

function outcomeOf(answer: DoorAnswer): string {
  if (answer === 'cut') return 'cut';
  if (typeof answer.body === 'string') return answer.status === 200 ? answer.body : String(answer.status);
  return answer.body.ok === true ? 'ok' : String(answer.body.error);
}

function attempt<T>(work: () => T): T | Refusal {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
