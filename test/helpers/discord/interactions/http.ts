import type { Fields, InteractionsDoor, RawAnswer, RawPost, SavedUrl } from '../face.js';
import { Form, isFields } from '../form.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import { answerInteraction } from './answering.js';
import type { Interaction } from './interaction.js';
import { SigningKey } from './signing.js';

type Answered = InteractionsDoor['answers'][number];

interface HttpSettings {
  readonly key: SigningKey;
  readonly routes: Readonly<Record<string, string | readonly string[]>>;
  readonly patienceMs: number;
}

interface Sent extends RawAnswer {
  readonly replica: string;
  readonly contentType: string;
}

/** Interactions as signed requests to a URL of the app, or in turn to its replicas. */
export class HttpInteractions implements InteractionsDoor {
  readonly #platform: Platform;
  readonly #settings: HttpSettings;
  readonly #stranger = new SigningKey();
  readonly answers: Answered[] = [];
  #url: string | undefined;
  #turn = 0;

  constructor(platform: Platform, settings: HttpSettings) {
    this.#platform = platform;
    this.#settings = settings;
  }

  get url(): string | undefined {
    return this.#url;
  }

  async setUrl(url: string | undefined): Promise<SavedUrl> {
    if (url !== undefined) {
      const why = await this.#whyNot(url);
      if (why !== undefined) return { saved: false, why };
    }
    this.#url = url;
    return { saved: true };
  }

  async post(payload: Fields, how: RawPost = {}): Promise<RawAnswer> {
    const { status, body } = await this.#send(JSON.stringify(payload), how);
    return { status, body };
  }

  /** What the app answers in the response counts, unless it answered by a callback. */
  async deliver(payload: Fields, interaction: Interaction | undefined): Promise<void> {
    const sent = await this.#send(JSON.stringify(payload), {}).catch(() => undefined);
    if (sent !== undefined)
      this.answers.push({
        interactionId: String(payload.id),
        status: sent.status,
        body: sent.body,
        replica: sent.replica,
      });
    if (interaction !== undefined) this.#take(interaction, sent);
  }

  #take(interaction: Interaction, sent: Sent | undefined): void {
    if (interaction.state !== 'pending' || (sent?.status === 202 && sent.body === '')) return;
    const body = sent?.status === 200 && isJson(sent) ? parsed(sent.body) : undefined;
    try {
      if (body === undefined) throw new Refusal(400, 0, 'no answer');
      answerInteraction(this.#platform, interaction, new Form(body));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      interaction.state = 'failed';
    }
  }

  /** A signed PING must be answered with a PONG, badly signed ones with 401. */
  async #whyNot(url: string): Promise<string | undefined> {
    const ping = this.#ping();
    try {
      const good = await this.#send(ping, { url });
      if (good.status !== 200) return `a signed PING got ${good.status}`;
      if (!isJson(good)) return `a PONG must be JSON, not ${good.contentType || 'of no type'}`;
      if (parsed(good.body)?.type !== 1) return 'a signed PING got no PONG';
      for (const bad of BAD_SIGNATURES) {
        const { status } = await this.#send(ping, { url, ...bad });
        if (status !== 401) return `a PING with a bad signature got ${status}`;
      }
      return undefined;
    } catch (error) {
      return `no answer: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #ping(): string {
    const { application, ids } = this.#platform;
    return JSON.stringify({
      id: ids.next(),
      application_id: application.id,
      type: 1,
      token: 'ping',
      version: 1,
      entitlements: [],
      authorizing_integration_owners: {},
      user: null,
    });
  }

  async #send(json: string, how: RawPost): Promise<Sent> {
    const { body = json, timestamp = Math.floor(this.#platform.now() / 1000), method = 'POST' } = how;
    const target = this.#target(how.url);
    const response = await fetch(target, {
      method,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Discord-Interactions/1.0 (+https://discord.com)',
        ...this.#signature(String(timestamp), body, how),
        ...how.headers,
      },
      ...(['GET', 'HEAD'].includes(method) ? {} : { body }),
      redirect: 'manual',
      signal: AbortSignal.timeout(this.#settings.patienceMs),
    });
    return {
      status: response.status,
      body: await response.text(),
      contentType: response.headers.get('content-type') ?? '',
      replica: new URL(target).origin,
    };
  }

  #signature(timestamp: string, body: string, how: RawPost): Record<string, string> {
    const { signature, timestampHeader = timestamp } = how;
    const times = { 'x-signature-timestamp': timestampHeader };
    if (signature === 'none') return times;
    const stranger = signature === 'stranger' ? this.#stranger.sign(timestamp, body) : signature;
    return { ...times, 'x-signature-ed25519': stranger ?? this.#settings.key.sign(timestamp, body) };
  }

  #target(url = this.#url): string {
    if (url === undefined) throw new Error('no interactions URL is saved');
    const { origin, pathname, search } = new URL(url);
    const route = this.#settings.routes[origin] ?? origin;
    const replicas = typeof route === 'string' ? [route] : route;
    this.#turn += 1;
    return `${replicas[this.#turn % replicas.length]}${pathname}${search}`;
  }
}

const BAD_SIGNATURES: readonly RawPost[] = [
  { signature: 'stranger' },
  { signature: '0'.repeat(128) },
  { signature: 'none' },
];

const isJson = ({ contentType }: Sent): boolean => contentType.startsWith('application/json');

function parsed(body: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
