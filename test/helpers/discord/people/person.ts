import { newest, onceShown } from '../../once-shown.js';
import { readDraft } from '../checks/message.js';
import type {
  Choice,
  DiscordChannel,
  DiscordPerson,
  Fields,
  Outcome,
  ShownMessage,
  ShownModal,
  Where,
} from '../face.js';
import { Form } from '../form.js';
import { ownersOf } from '../interactions/envelope.js';
import { TYPES } from '../interactions/interaction.js';
import type { NewInteraction } from '../interactions/interactions.js';
import { submission } from '../interactions/modals.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Message } from '../shapes.js';
import { wireMessage } from '../wire/messages.js';
import { visibleButtons } from './buttons.js';
import type { Delivery } from './delivery.js';
import { notices } from './notices.js';
import { commandData, type Focus, offeredCommand, type Values } from './slash-commands.js';
import { withMentions } from './typing.js';
import { use } from './using.js';
import { asText, shownMessage, visible } from './view.js';

/** One person, at their client. */
export class Person implements DiscordPerson {
  readonly #platform: Platform;
  readonly #delivery: Delivery;
  readonly #account: Account;
  #modal: ShownModal | undefined;

  constructor(platform: Platform, delivery: Delivery, account: Account) {
    this.#platform = platform;
    this.#delivery = delivery;
    this.#account = account;
  }

  get id(): string {
    return this.#account.id;
  }

  get name(): string {
    return this.#account.name;
  }

  get modal(): ShownModal | undefined {
    return this.#modal;
  }

  async types(command: string, options: Values = {}, where?: DiscordChannel): Promise<Outcome> {
    return this.#use(this.#command(TYPES.command, command, options, where));
  }

  async completes(
    option: string,
    partial: string,
    where?: DiscordChannel,
    filled: { readonly command?: string; readonly options?: Values } = {},
  ): Promise<readonly Choice[]> {
    const { command = '/mcp', options = {} } = filled;
    const focus = { option, partial };
    const outcome = await this.#use(this.#command(TYPES.autocomplete, command, options, where, focus));
    if (outcome.kind === 'choices') return outcome.choices;
    throw new Error(outcome.kind === 'failed' ? outcome.says : `no choices but: ${outcome.kind}`);
  }

  async says(text: string, where: DiscordChannel | Where = {}): Promise<ShownMessage> {
    const { in: place, replyTo } = 'id' in where ? { in: where, replyTo: undefined } : where;
    const channel = this.#channel(place);
    const content = withMentions(this.#platform, channel, text);
    const message = this.#platform.messages.create(
      channel,
      this.#account,
      readDraft(new Form({ content })),
      replyTo === undefined ? {} : { replyTo: this.#stored(replyTo) },
    );
    return shownMessage(this.#platform, message);
  }

  async edits(message: ShownMessage, text: string): Promise<void> {
    const stored = this.#own(message);
    const content = withMentions(this.#platform, stored.channel, text);
    this.#platform.messages.edit(stored, readDraft(new Form({ content }), stored));
  }

  async deletes(message: ShownMessage): Promise<void> {
    this.#platform.messages.delete(this.#own(message));
  }

  async presses(label: string, where?: DiscordChannel): Promise<Outcome> {
    const { directory } = this.#platform;
    const channels = () => (where === undefined ? directory.channels() : [this.#channel(where)]);
    const buttons = () => visibleButtons(this.#platform, this.#account, channels());
    const { message, button } = newest(buttons(), label) ?? (await onceShown(this.name, label, buttons));
    if (button.disabled === true) throw new Error(`the button "${label}" is disabled`);
    if (button.url !== undefined) return { kind: 'opened', url: button.url };
    return this.#use(this.#component(message, button.customId ?? ''));
  }

  async fills(
    label: string,
    values: Readonly<Record<string, string>>,
    where?: DiscordChannel,
  ): Promise<Outcome> {
    const opened = await this.presses(label, where);
    if (opened.kind !== 'modal') throw new Error(`"${label}" opened no modal but: ${opened.kind}`);
    return this.submits(opened.modal, values);
  }

  async submits(modal: ShownModal, values: Readonly<Record<string, string>>): Promise<Outcome> {
    const opener = this.#platform.interactions.withId(modal.interactionId);
    if (opener?.modal === undefined) throw new Error('no such modal was opened');
    const { channel, message, owners } = opener;
    const data = { custom_id: modal.customId, components: submission(opener.modal.components, values) };
    const outcome = await this.#use({
      account: this.#account,
      channel,
      type: TYPES.modal,
      data,
      owners,
      openedBy: opener,
      ...(message === undefined ? {} : { message: this.#attached(message) }),
    });
    if (outcome.kind !== 'failed' && this.#modal === modal) this.#modal = undefined;
    return outcome;
  }

  forges(message: ShownMessage, customId: string): Promise<Outcome> {
    return this.#use(this.#component(this.#stored(message), customId));
  }

  async sends(
    type: number,
    data: Fields | undefined,
    where?: DiscordChannel,
    extra: Fields = {},
  ): Promise<Outcome> {
    const channel = this.#channel(where);
    const owners = ownersOf(this.#account, channel, [0, 1]);
    return this.#use({ account: this.#account, channel, type, data, owners, extra });
  }

  reloads(): void {
    this.#modal = undefined;
    for (const channel of this.#platform.directory.channels())
      for (const message of visible(this.#platform, this.#account, channel))
        if (message.receiver !== undefined) message.gone = true;
    for (const interaction of this.#platform.interactions.all)
      if (interaction.account === this.#account) interaction.forgotten = true;
  }

  dismisses(message: ShownMessage): void {
    const stored = this.#stored(message);
    if (stored.receiver !== this.#account) throw new Error('only ephemeral messages can be dismissed');
    stored.gone = true;
  }

  closeDms(): void {
    this.#account.dmsOpen = false;
  }

  openDms(): void {
    this.#account.dmsOpen = true;
  }

  deleteAccount(): void {
    this.#account.deleted = true;
    for (const guild of this.#platform.directory.guilds.values()) guild.members.delete(this.#account);
  }

  sees(where?: DiscordChannel): string {
    const channel = this.#channel(where);
    return [
      ...visible(this.#platform, this.#account, channel).map((message) => asText(this.#platform, message)),
      ...notices(this.#platform, this.#account, channel),
      ...this.#modalText(),
    ].join('\n\n');
  }

  messages(where?: DiscordChannel): readonly ShownMessage[] {
    const seen = visible(this.#platform, this.#account, this.#channel(where));
    return seen.map((message) => shownMessage(this.#platform, message));
  }

  get pinged(): readonly ShownMessage[] {
    const loud = ['everyone', 'here', this.id];
    return this.#platform.directory
      .channels()
      .flatMap((channel) => visible(this.#platform, this.#account, channel))
      .filter(({ pings, author }) => author !== this.#account && pings.some((ping) => loud.includes(ping)))
      .map((message) => shownMessage(this.#platform, message));
  }

  /** A modal stands over the chat until it is submitted. */
  #modalText(): readonly string[] {
    const modal = this.#modal;
    return modal === undefined
      ? []
      : [`${modal.title}: ${modal.inputs.map(({ label }) => label).join(', ')}`];
  }

  async #use(made: NewInteraction): Promise<Outcome> {
    const outcome = await use(this.#platform, this.#delivery, made);
    if (outcome.kind === 'modal') this.#modal = outcome.modal;
    return outcome;
  }

  #command(
    type: number,
    typed: string,
    values: Values,
    where: DiscordChannel | undefined,
    focus?: Focus,
  ): NewInteraction {
    const [name = '', ...path] = typed.replace(/^\//, '').split(' ');
    const channel = this.#channel(where);
    const offered = offeredCommand(this.#platform, this.#account, channel, name);
    const data = commandData(offered, path, values, focus);
    return { account: this.#account, channel, type, data, owners: offered.owners };
  }

  #component(message: Message, customId: string): NewInteraction {
    const { channel, metadata } = message;
    const known = metadata?.authorizing_integration_owners;
    const owners = (known ?? ownersOf(this.#account, channel, [0, 1])) as Fields;
    return {
      account: this.#account,
      channel,
      type: TYPES.component,
      data: { id: 2, custom_id: customId, component_type: 2 },
      owners,
      message: this.#attached(message),
    };
  }

  #attached(stored: Message) {
    return { stored, wire: wireMessage(stored, this.#platform.messages.look) };
  }

  #channel(where: DiscordChannel | undefined): Channel {
    const { directory } = this.#platform;
    if (where === undefined) return directory.dmOf(this.#account);
    const channel = directory.channel(where.id);
    if (channel === undefined) throw new Error(`there is no channel ${where.name}`);
    if (!directory.isThere(this.#account, channel)) throw new Error(`${this.name} is not in ${where.name}`);
    return channel;
  }

  #stored({ id, channel }: ShownMessage): Message {
    const found = this.#platform.directory.channel(channel)?.log.find((one) => one.id === id);
    if (found === undefined) throw new Error('the platform has no such message');
    return found;
  }

  #own(message: ShownMessage): Message {
    const stored = this.#stored(message);
    if (stored.author !== this.#account) throw new Error(`${this.name} did not write that`);
    return stored;
  }
}
