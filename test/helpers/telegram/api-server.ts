import type { ApiCall, Failure } from './face.js';
import { Faults, FloodLimit } from './faults.js';
import type { ApiAnswer, ApiRequest } from './http-door.js';
import { LongPolling } from './long-polling.js';
import { METHODS } from './methods/index.js';
import { deleteWebhook, setWebhook } from './methods/webhooks.js';
import { Params } from './params.js';
import type { Platform } from './platform.js';
import { badRequest, conflict, Refusal } from './refusal.js';
import type { Fields } from './shapes.js';
import { Webhook, type WebhookDeps } from './webhook.js';

const POLLING_WITH_WEBHOOK = conflict(
  "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
);

interface Done {
  readonly result: unknown;
  readonly description?: string;
}

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Takes calls, finds the method, answers, and writes down what was called. */
export class ApiServer {
  readonly calls: ApiCall[] = [];
  readonly faults = new Faults();
  readonly flood = new FloodLimit();
  readonly polling: LongPolling;
  readonly webhook: Webhook;
  readonly #platform: Platform;
  /** Undefined: revoked. */
  token: string | undefined;

  constructor(
    platform: Platform,
    token: string,
    webhook: Pick<WebhookDeps, 'routes' | 'retryMs' | 'timeoutMs'>,
  ) {
    this.#platform = platform;
    this.token = token;
    this.polling = new LongPolling(platform.updates);
    const { updates, now } = platform;
    this.webhook = new Webhook({
      ...webhook,
      updates,
      now,
      run: (method, payload) => void this.#answer(method, payload, new AbortController().signal),
    });
  }

  /** The fake's answer to one request. */
  async serve({ token, method, payload, gone }: ApiRequest): Promise<ApiAnswer> {
    if (!/^\d+:[\w-]+$/.test(token)) return refused(new Refusal(404, 'Not Found'));
    if (token !== this.token) return this.#record(method, payload, refused(new Refusal(401, 'Unauthorized')));
    if (payload === 'not-json')
      return this.#record(method, {}, refused(badRequest("can't parse JSON object")));
    const fault = this.faults.next(method);
    if (fault === undefined) return this.#answer(method, payload, gone);
    return this.#goWrong(fault, method, payload, gone);
  }

  async #goWrong(fault: Failure, method: string, payload: Fields, gone: AbortSignal): Promise<ApiAnswer> {
    if (fault === 'drop-before') return this.#record(method, payload, 'cut');
    if (fault === 'drop-after') {
      await this.#run(method, payload, gone);
      return this.#record(method, payload, 'cut');
    }
    if ('delayMs' in fault) {
      await later(fault.delayMs);
      return this.#answer(method, payload, gone);
    }
    const { errorCode, description, parameters } = fault;
    return this.#record(
      method,
      payload,
      refused(new Refusal(errorCode, description, parameters === undefined ? undefined : { ...parameters })),
    );
  }

  async #answer(method: string, payload: Fields, gone: AbortSignal): Promise<ApiAnswer> {
    const atMs = this.#platform.now();
    return this.#record(method, payload, await this.#run(method, payload, gone), atMs);
  }

  #record(
    method: string,
    payload: Fields | 'not-json',
    answer: ApiAnswer,
    atMs = this.#platform.now(),
  ): ApiAnswer {
    const status = answer === 'cut' ? 0 : answer.status;
    this.calls.push({
      method: spelled(method),
      payload: payload === 'not-json' ? {} : payload,
      status,
      atMs,
    });
    return answer;
  }

  async #run(method: string, payload: Fields, gone: AbortSignal): Promise<Exclude<ApiAnswer, 'cut'>> {
    try {
      this.flood.check(method, payload, this.#platform.now());
      const { result, description } = await this.#call(method.toLowerCase(), new Params(payload), gone);
      return {
        status: 200,
        body: { ok: true, result, ...(description === undefined ? {} : { description }) },
      };
    } catch (error) {
      return refused(error instanceof Refusal ? error : new Refusal(500, `Internal Server Error: ${error}`));
    }
  }

  async #call(method: string, params: Params, gone: AbortSignal): Promise<Done> {
    const { updates } = this.#platform;
    const delivery = {
      updates,
      webhook: this.webhook,
      endPolling: (reason: Refusal) => this.polling.end(reason),
    };
    switch (method) {
      case 'getupdates':
        if (this.webhook.target !== undefined) throw POLLING_WITH_WEBHOOK;
        return { result: await this.polling.get(params, gone) };
      case 'setwebhook':
        return { result: true, description: setWebhook(delivery, params) };
      case 'deletewebhook':
        return { result: true, description: deleteWebhook(delivery, params) };
      case 'getwebhookinfo':
        return { result: this.webhook.info() };
      default:
        return { result: plainMethod(method)(this.#platform, params) };
    }
  }
}

const BY_LOWER_CASE = new Map(Object.entries(METHODS).map(([name, method]) => [name.toLowerCase(), method]));
const NAMES = [...Object.keys(METHODS), 'getUpdates', 'setWebhook', 'deleteWebhook', 'getWebhookInfo'];
const SPELLING = new Map(NAMES.map((name) => [name.toLowerCase(), name]));

const spelled = (method: string): string => SPELLING.get(method.toLowerCase()) ?? method;

function plainMethod(method: string) {
  const found = BY_LOWER_CASE.get(method);
  if (found === undefined) throw new Refusal(404, 'Not Found: method not found');
  return found;
}

function refused({ errorCode, message: description, parameters }: Refusal): Exclude<ApiAnswer, 'cut'> {
  return {
    status: errorCode,
    body: {
      ok: false,
      error_code: errorCode,
      description,
      ...(parameters === undefined ? {} : { parameters }),
    },
  };
}
