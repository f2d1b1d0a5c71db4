import { newest, onceShown } from '../once-shown.js';
import type {
  Pressed,
  ShownMessage,
  ShownModal,
  SlackPerson,
  SlackWorkspace,
  Submitted,
  Typed,
  Where,
} from './face.js';
import { type Client, ownApp } from './interaction.js';
import { shownModal } from './modals.js';
import { actionOf, modalButton, pressInModal, pressOn } from './pressing.js';
import type { Account, Conversation, OpenView, StoredMessage } from './shapes.js';
import { asText, isIn, type Sight, sightsIn } from './sights.js';
import { dismiss, submit } from './submitting.js';
import { typeText } from './typing.js';

interface Seat extends Client {
  readonly workspace: SlackWorkspace;
  /** Says to the app what became of a message in its DM. */
  readonly erased: (message: StoredMessage) => void;
}

/** One person, at their client, in one workspace. */
export class Person implements SlackPerson {
  readonly #seat: Seat;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  get account(): Account {
    return this.#seat.account;
  }

  get id(): string {
    return this.account.id;
  }

  get name(): string {
    return this.account.name;
  }

  get workspace(): SlackWorkspace {
    return this.#seat.workspace;
  }

  get modal(): ShownModal | undefined {
    const top = this.account.modals.at(-1);
    return top === undefined ? undefined : shownModal(top, this.#seat.platform);
  }

  async types(text: string, where: Where = {}): Promise<Typed> {
    const conversation = this.#conversation(where);
    if (!isIn(this.account, conversation)) throw new Error(`${this.name} is not in that conversation`);
    return await typeText(this.#seat, text, { conversation, threadTs: threadOf(where) });
  }

  async presses(label: string, where?: Where): Promise<Pressed> {
    const top = this.account.modals.at(-1);
    const inModal = top === undefined ? undefined : modalButton(top, label);
    if (top !== undefined && inModal !== undefined) return await pressInModal(this.#seat, top, inModal);
    const buttons = () =>
      this.#sights(where).flatMap(({ stored, message }) =>
        message.buttons.map((button) => ({ stored, button })),
      );
    const found = newest(buttons(), label) ?? (await onceShown(this.name, label, buttons));
    return await pressOn(this.#seat, found.stored, actionOf(this.#seat, found.button));
  }

  async forgesPress(message: ShownMessage, action: Readonly<Record<string, unknown>>): Promise<Pressed> {
    const action_ts = this.#seat.platform.ids.ts();
    return await pressOn(this.#seat, this.#stored(message), { type: 'button', action_ts, ...action });
  }

  async fills(label: string, values: Readonly<Record<string, string>>, where?: Where): Promise<Submitted> {
    const before = this.account.modals.at(-1);
    await this.presses(label, where);
    return await submit(this.#seat, await this.#opened(before), values);
  }

  async submits(values: Readonly<Record<string, string>>): Promise<Submitted> {
    return await submit(this.#seat, this.#top(), values);
  }

  async submitsTwice(values: Readonly<Record<string, string>>): Promise<readonly [Submitted, Submitted]> {
    const top = this.#top();
    return await Promise.all([submit(this.#seat, top, values), submit(this.#seat, top, values)]);
  }

  async closesModal(): Promise<void> {
    await dismiss(this.#seat, this.#top());
  }

  async opensHome(tab: 'home' | 'messages' = 'home'): Promise<void> {
    const { platform, events, team } = this.#seat;
    const installation = ownApp(this.#seat);
    if (installation === undefined) throw new Error('the app is not installed here');
    const { id } = platform.dm(installation, this.account);
    const event = { type: 'app_home_opened', user: this.id, channel: id, tab, event_ts: platform.ids.ts() };
    await events.tell('app_home_opened', event, { installation, team });
  }

  reloads(): void {
    for (const { log } of this.#seat.platform.conversations.values())
      for (const message of log) if (message.ephemeralFor === this.account) message.lost = true;
    this.account.modals.length = 0;
  }

  sees(where: Where = {}): string {
    return this.#asText(this.#sights(where));
  }

  seesAnywhere(): string {
    return this.#asText(this.#sights(undefined));
  }

  messages(where: Where = {}): readonly ShownMessage[] {
    return this.#sights(where).map(({ message }) => message);
  }

  async erases(message: ShownMessage): Promise<void> {
    const stored = this.#stored(message);
    if (stored.sender !== this.account) throw new Error(`${this.name} can't delete that message`);
    stored.deleted = true;
    this.#seat.erased(stored);
  }

  deactivate(): void {
    this.account.deactivated = true;
  }

  #asText(sights: readonly Sight[]): string {
    return sights.map((sight) => asText(sight, () => undefined)).join('\n\n');
  }

  #sights(where: Where | undefined): readonly Sight[] {
    const { platform } = this.#seat;
    if (where !== undefined) {
      const conversation = this.#conversation(where);
      return sightsIn(platform, this.account, conversation, threadOf(where));
    }
    const all = [...platform.conversations.values()].flatMap((one) =>
      sightsIn(platform, this.account, one, 'all'),
    );
    return all.sort((a, b) => (a.stored.ts < b.stored.ts ? -1 : 1));
  }

  #conversation({ channel, thread }: Where): Conversation {
    const { platform } = this.#seat;
    const id = channel?.id ?? thread?.channel;
    const found = id === undefined ? this.#dm() : platform.conversations.get(id);
    if (found === undefined) throw new Error(`no such conversation: ${id}`);
    return found;
  }

  #dm(): Conversation {
    const { installation } = this.#seat.team;
    if (installation === undefined) throw new Error('the app is not installed here');
    return this.#seat.platform.dm(installation, this.account);
  }

  #stored({ channel, ts }: ShownMessage): StoredMessage {
    const found = this.#seat.platform.conversations.get(channel)?.log.find((one) => one.ts === ts);
    if (found === undefined) throw new Error('the platform has no such message');
    return found;
  }

  #top(): OpenView {
    const top = this.account.modals.at(-1);
    if (top === undefined) throw new Error(`${this.name} has no modal open`);
    return top;
  }

  /** The app may open it after it acknowledged. */
  async #opened(before: OpenView | undefined): Promise<OpenView> {
    const untilMs = performance.now() + this.#seat.platform.settings.patienceMs;
    while (performance.now() < untilMs) {
      const top = this.account.modals.at(-1);
      if (top !== undefined && top !== before) return top;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error('no modal opened');
  }
}

const threadOf = ({ thread }: Where): string | undefined =>
  thread === undefined ? undefined : (thread.threadTs ?? thread.ts);
