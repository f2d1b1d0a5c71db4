import { randomUUID } from 'node:crypto';
import type { PageEvent } from '../../src/adapters/web/events.js';
import type { PageMessage } from '../../src/adapters/web/render.js';
import type { Action } from '../../src/gateway/types.js';
import { postJson, readEvents, textOf } from '../adapters/web-server.js';

type FromGateway = Extract<PageMessage, { from: 'gateway' }>;

/** One message of the gateway, from its first text to its last. */
export class ShownMessage {
  readonly versions: FromGateway[] = [];
  #whole = 1;

  constructor(readonly id: string) {}

  /** It says all that the command had to say: on a busy machine its link comes by an edit. */
  isWhole(): void {
    this.#whole = this.versions.length;
  }

  /** All that it says now, buttons and links included. */
  get text(): string {
    const last = this.versions.at(-1);
    return last === undefined ? '' : textOf(last);
  }

  /** Since the command was answered. */
  get edits(): number {
    return this.versions.length - this.#whole;
  }

  get actions(): readonly Action[] {
    const reply = this.versions.at(-1)?.reply;
    if (reply === undefined) return [];
    const lines = reply.blocks.flatMap((block) => (block.kind === 'table' ? block.lines : [block.line]));
    return [...lines.flatMap(({ action }) => action ?? []), ...reply.actions];
  }

  get links(): readonly string[] {
    return this.actions.flatMap((action) => (action.kind === 'link' ? [action.url] : []));
  }

  /** Its one link. */
  get link(): string {
    const [link] = this.links;
    if (link === undefined) throw new Error(`no link in:\n${this.text}`);
    return link;
  }
}

/** Longer than the lease of a lock whose holder was killed. */
const PATIENCE_MS = 25_000;

/** One person at the web chat, over its own routes: types, and reads what the page would show as it changes. */
export class WebVisitor {
  /** Of the gateway, oldest first. */
  readonly messages: ShownMessage[] = [];
  #working = new Set<string>();
  readonly #heard = new Set<() => void>();
  #leaving = new AbortController();

  private constructor(
    readonly person: string,
    private readonly cookie: string,
  ) {}

  static async open(localUrl: string, person: string): Promise<WebVisitor> {
    const picked = await postJson(`${localUrl}/chat/person`, { person });
    const cookie = picked.headers.getSetCookie()[0]?.split(';')[0];
    if (cookie === undefined) throw new Error(`there is no ${person} in this chat: ${picked.status}`);
    const visitor = new WebVisitor(person, cookie);
    await visitor.connect(localUrl);
    return visitor;
  }

  #localUrl = '';

  /** Opens the page's event stream; again after a restart, as the page does. */
  async connect(localUrl: string): Promise<void> {
    this.close();
    this.#localUrl = localUrl;
    const leaving = new AbortController();
    this.#leaving = leaving;
    const headers = { cookie: this.cookie };
    const response = await fetch(`${localUrl}/chat/events`, { headers, signal: leaving.signal });
    await new Promise<void>((resolve, reject) => {
      // The stream ends when the gateway or this page does: no error then.
      this.#listen(response, resolve).then(() => reject(new Error('no hello')), reject);
    });
  }

  close(): void {
    this.#leaving.abort();
  }

  async #listen(response: Response, said: () => void): Promise<void> {
    for await (const event of readEvents(response)) {
      this.#take(event);
      if (event.type === 'hello') said();
      for (const heard of this.#heard) heard();
    }
  }

  #take(event: PageEvent): void {
    if (event.type === 'hello') for (const message of event.messages) this.#show(message);
    if (event.type === 'message') this.#show(event.message);
    if (event.type === 'working') this.#working = new Set(event.working.map(({ delivery }) => delivery));
  }

  #show(message: PageMessage): void {
    if (message.from !== 'gateway') return;
    let shown = this.messages.find(({ id }) => id === message.id);
    if (shown === undefined) {
      shown = new ShownMessage(message.id);
      this.messages.push(shown);
    }
    if (JSON.stringify(shown.versions.at(-1)) !== JSON.stringify(message)) shown.versions.push(message);
  }

  /** All that this person was ever shown, for tests of what is never said. */
  get everything(): string {
    return JSON.stringify(this.messages.map(({ versions }) => versions));
  }

  /** Types a line, and gives the message that answers it, when the gateway is done with it. */
  async say(text: string): Promise<ShownMessage> {
    return await this.#run({ text });
  }

  async #run(body: object): Promise<ShownMessage> {
    const before = new Set(this.messages);
    const delivery = randomUUID();
    const ran = this.until(() => this.#working.has(delivery) || undefined, 'the command runs');
    const posted = await postJson(
      `${this.#localUrl}/chat/messages`,
      { as: this.person, delivery, ...body },
      { cookie: this.cookie },
    );
    if (posted.status !== 202) throw new Error(`not taken: ${posted.status} ${await posted.text()}`);
    await ran;
    await this.until(() => !this.#working.has(delivery) || undefined, 'the command has run');
    const answer = this.messages.find((message) => !before.has(message));
    if (answer === undefined) throw new Error(`nobody answered ${JSON.stringify(body)}`);
    // On a busy machine a link comes a moment after the message.
    await this.until(
      () => !/asking its provider/.test(answer.text) || undefined,
      'the provider has answered',
    );
    answer.isWhole();
    return answer;
  }

  /** Waits until a message says this; by itself, that one and no other. */
  async untilSays(text: string | RegExp, message?: ShownMessage): Promise<ShownMessage> {
    const says = (one: ShownMessage) =>
      typeof text === 'string' ? one.text.includes(text) : text.test(one.text);
    const among = () => (message === undefined ? this.messages : [message]);
    return await this.until(() => among().find(says), `"${text}"`);
  }

  until<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const hear = () => {
        const found = look();
        if (found === undefined) return;
        this.#heard.delete(hear);
        clearTimeout(limit);
        resolve(found);
      };
      const limit = setTimeout(() => {
        this.#heard.delete(hear);
        const said = this.messages.map((message) => message.text).join('\n---\n');
        reject(new Error(`${PATIENCE_MS} ms went by before ${what} (${this.person}):\n${said}`));
      }, PATIENCE_MS);
      this.#heard.add(hear);
      hear();
    });
  }
}
