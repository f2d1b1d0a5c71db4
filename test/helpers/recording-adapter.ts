import { expect } from 'vitest';
import type {
  Action,
  Actor,
  ChatAdapter,
  ChatGateway,
  Delivery,
  Invocation,
  Line,
  MessageRef,
  Platform,
  Recipient,
  Reply,
} from '../../src/gateway/types.js';

/** One message, from its first text to its last. */
export interface RecordedMessage {
  readonly ref: MessageRef;
  readonly to: Recipient;
  readonly replies: Reply[];
}

export interface RecordingOptions {
  readonly platform?: Platform;
  readonly forms?: boolean;
  /** Takes messages away; the answer is what the platform says. */
  readonly remove?: boolean;
  /** False: what was sent cannot be brought up to date later. */
  readonly editable?: boolean;
  /** The browsers of its people are on the gateway's machine. */
  readonly local?: boolean;
  /** What people say there in plain words comes to the gateway. */
  readonly hears?: boolean;
}

/**
 * A chat platform in memory, and a strict one: it takes only what every platform could carry (plain JSON, sane buttons,
 * nothing that was never text), knows only its own messages, and writes down everything.
 */
export class RecordingAdapter implements ChatAdapter {
  readonly platform: Platform;
  readonly forms: boolean;
  readonly messages: RecordedMessage[] = [];
  readonly removed: MessageRef[] = [];
  /** What `send` and `update` say next, in place of delivering. */
  readonly planned: (Delivery['kind'] | Error)[] = [];
  /** Messages that the platform no longer lets us edit. */
  readonly expired = new Set<string>();
  /** Nobody is there. */
  absent = false;
  started = false;
  stopped = false;
  readonly remove?: (message: MessageRef) => Promise<boolean>;
  readonly editable?: () => boolean;
  readonly local: boolean;
  readonly hears: () => boolean;
  #gateway: ChatGateway | undefined;
  #deliveries = 0;

  constructor({
    platform = 'web',
    forms = true,
    remove,
    editable,
    local = false,
    hears = false,
  }: RecordingOptions = {}) {
    this.local = local;
    this.hears = () => hears;
    this.platform = platform;
    this.forms = forms;
    if (editable !== undefined) this.editable = () => editable;
    if (remove !== undefined) {
      this.remove = async (message) => {
        this.removed.push(message);
        return remove;
      };
    }
  }

  async start(gateway: ChatGateway): Promise<void> {
    this.started = true;
    this.#gateway = gateway;
  }

  async stop(): Promise<void> {
    this.stopped = true;
  }

  async send(to: Recipient, reply: Reply): Promise<Delivery> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    if (this.absent || to.actor.platform !== this.platform) return { kind: 'gone' };
    expectDeliverable(reply);
    const ref = { chat: to.actor.userId, id: this.messages.length + 1 };
    this.messages.push({ ref, to, replies: [reply] });
    return { kind: 'delivered', message: ref };
  }

  async update(message: MessageRef, reply: Reply): Promise<Delivery> {
    const refusal = this.#refusal();
    if (refusal !== undefined) return refusal;
    const found = this.messages.find((one) => one.ref.id === message.id && one.ref.chat === message.chat);
    if (found === undefined || this.expired.has(JSON.stringify(message))) return { kind: 'gone' };
    if (this.editable?.() === false) return { kind: 'gone' };
    expectDeliverable(reply);
    found.replies.push(reply);
    return { kind: 'delivered', message: found.ref };
  }

  #refusal(): Delivery | undefined {
    const planned = this.planned.shift();
    if (planned === undefined || planned === 'delivered') return undefined;
    if (planned instanceof Error) throw planned;
    return { kind: planned };
  }

  /** Types a command as the platform would deliver it; resolves when the gateway is done with it. */
  async type(actor: Actor, line: string, rest: Partial<Invocation> = {}): Promise<void> {
    if (this.#gateway === undefined) throw new Error('The adapter was not started.');
    this.#deliveries += 1;
    await this.#gateway.handle({
      deliveryId: `delivery-${this.#deliveries}`,
      actor,
      words: line.split(' ').filter((word) => word !== ''),
      conversation: { private: actor.userId },
      ...rest,
    });
  }

  /** Presses a button of a message as it stands. */
  async press(actor: Actor, label: string, message = this.last): Promise<void> {
    const action = actionsOf(replyOf(message)).find((one) => one.label === label);
    if (action?.kind !== 'command')
      throw new Error(`No command button "${label}" on:\n${asText(replyOf(message))}`);
    await this.type(actor, action.words.join(' '), { message: stored(message.ref) });
  }

  /** Fills in the form behind a button and submits it. */
  async fill(
    actor: Actor,
    label: string,
    fields: Record<string, string>,
    message = this.last,
  ): Promise<void> {
    const action = actionsOf(replyOf(message)).find((one) => one.label === label);
    if (action?.kind !== 'form') throw new Error(`No form "${label}" on:\n${asText(replyOf(message))}`);
    expect(action.fields.map((field) => field.name).sort()).toEqual(Object.keys(fields).sort());
    await this.type(actor, action.words.join(' '), { message: stored(message.ref), fields });
  }

  get last(): RecordedMessage {
    const last = this.messages.at(-1);
    if (last === undefined) throw new Error('Nothing was sent.');
    return last;
  }

  /** The newest message as it reads now. */
  get text(): string {
    return asText(replyOf(this.last));
  }

  /** All that was ever said, for tests of what is never said. */
  get everything(): string {
    return JSON.stringify(this.messages);
  }
}

export function replyOf(message: RecordedMessage): Reply {
  const reply = message.replies.at(-1);
  if (reply === undefined) throw new Error('A message without a text.');
  return reply;
}

export function actionsOf(reply: Reply): readonly Action[] {
  return [...reply.lines.flatMap((line) => line.action ?? []), ...reply.actions];
}

function stored<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What no person may ever read, whatever a view was given. */
export const NEVER_SHOWN = /undefined|\[object|NaN|Infinity|Error:|null\b|\n\s+at /;

/** Refuses what some platform could not carry. */
export function expectDeliverable(reply: Reply): void {
  expect(stored(reply)).toEqual(reply);
  const texts = [reply.title, reply.aside ?? '', ...reply.lines.flatMap((line) => line.cells)];
  for (const text of texts) {
    expect(text).not.toMatch(NEVER_SHOWN);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(text.length).toBeLessThanOrEqual(500);
  }
  expect(texts.join('').trim()).not.toBe('');
  for (const action of actionsOf(reply)) {
    expect(action.label.length).toBeGreaterThan(0);
    expect(action.label.length).toBeLessThanOrEqual(80);
    if (action.kind === 'link') expect(action.url).toMatch(/^https?:\/\/\S{1,500}$/);
    else expect(action.words.join(' ').length).toBeLessThanOrEqual(60);
  }
}

const MARKS = { ok: '✓', attention: '●', failed: '✗', neutral: '–' };

/** A Reply as commands.md draws it. */
export function asText(reply: Reply): string {
  const heading = [reply.title, reply.aside ?? ''].filter((part) => part !== '').join(' — ');
  const buttons = reply.actions.map(button).join(' ');
  return [heading, ...table(reply.lines), buttons].filter((line) => line !== '').join('\n');
}

function table(lines: readonly Line[]): readonly string[] {
  const width = (column: number): number =>
    Math.max(
      0,
      ...lines.filter((line) => line.cells.length > 1).map((line) => line.cells[column]?.length ?? 0),
    );
  return lines.map((line) => {
    const cells = line.cells.length === 1 ? line.cells : line.cells.map((cell, at) => cell.padEnd(width(at)));
    const mark = line.mark === undefined ? ' ' : MARKS[line.mark];
    const action = line.action === undefined ? '' : ` ${button(line.action)}`;
    return `${mark} ${cells.join('  ')}`.trimEnd() + action;
  });
}

function button(action: Action): string {
  return `[${action.label}]`;
}
