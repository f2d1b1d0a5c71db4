import type { Draft } from './checks/message.js';
import type { Directory } from './directory.js';
import type { Tell } from './events.js';
import { messageIntent } from './events.js';
import type { Fields } from './face.js';
import { mentionsIn, pingsOf } from './mentions.js';
import { botMay } from './permissions.js';
import { previewsOf } from './previews.js';
import type { Account, Channel, Message } from './shapes.js';
import { FLAGS, isInGuild } from './shapes.js';
import type { Snowflakes } from './snowflakes.js';
import { pingingText } from './texts.js';
import { wireTold, wireWithoutContent } from './wire/messages.js';

export interface Circumstances {
  /** Who alone sees it. */
  readonly receiver?: Account;
  readonly replyTo?: Message;
  readonly metadata?: Fields;
  /** "is thinking…" until then. */
  readonly loadingUntilMs?: number;
}

interface MessagesDeps {
  readonly now: () => number;
  readonly ids: Snowflakes;
  readonly bot: Account;
  readonly directory: Directory;
  readonly tell: Tell;
}

const EPHEMERAL = FLAGS.ephemeral | FLAGS.loading;

/** All that was written, and who is told of it. */
export class Messages {
  readonly #deps: MessagesDeps;
  /** Pages fetched for previews. */
  readonly previews: string[] = [];

  constructor(deps: MessagesDeps) {
    this.#deps = deps;
  }

  create(channel: Channel, author: Account, draft: Draft, how: Circumstances = {}): Message {
    const { ids, now } = this.#deps;
    const message: Message = {
      id: ids.next(),
      channel,
      author,
      sentAtMs: now(),
      ...how,
      gone: false,
      ...this.#contentOf(draft, how),
      deleted: false,
    };
    channel.log.push(message);
    this.previews.push(...message.previews);
    this.#tell('MESSAGE_CREATE', message);
    return message;
  }

  /** A new text in place of the old one: pings nobody, unless it takes the place of "is thinking…". */
  edit(message: Message, draft: Draft): void {
    const { pings, previews, ...content } = this.#contentOf(draft, message);
    const fills = message.loadingUntilMs !== undefined;
    if (!fills) message.editedAtMs = this.#deps.now();
    this.previews.push(...previews.filter((page) => !message.previews.includes(page)));
    Object.assign(message, content, { previews }, fills ? { pings, loadingUntilMs: undefined } : {});
    this.#tell('MESSAGE_UPDATE', message);
  }

  delete(message: Message): void {
    message.deleted = true;
    const { channel } = message;
    if (message.receiver !== undefined || !this.#heard(channel)) return;
    this.#deps.tell({
      name: 'MESSAGE_DELETE',
      intents: messageIntent(channel),
      ...(isInGuild(channel) ? { guild: channel.guild } : {}),
      data: {
        id: message.id,
        channel_id: channel.id,
        ...(isInGuild(channel) ? { guild_id: channel.guild.id } : {}),
      },
    });
  }

  readonly look = (id: string): Account | undefined => this.#deps.directory.accounts.get(id);

  #contentOf(draft: Draft, { receiver, replyTo }: Pick<Circumstances, 'receiver' | 'replyTo'>) {
    const { allowedMentions, flags, ...content } = draft;
    const text = pingingText(content);
    const { here, ...named } = mentionsIn(text);
    const pinged = pingsOf(text, allowedMentions, replyTo?.author.id);
    const pings = receiver === undefined ? pinged : pinged.filter((id) => id === receiver.id);
    const users = [
      ...named.users,
      ...(replyTo !== undefined ? pings.filter((id) => id === replyTo.author.id) : []),
    ];
    return {
      ...content,
      flags: flags & ~EPHEMERAL,
      mentions: { ...named, everyone: named.everyone || here, users: [...new Set(users)] },
      pings,
      previews: previewsOf(content, flags),
    };
  }

  /** Ephemeral messages are told to nobody but their receiver's client. */
  #tell(name: string, message: Message): void {
    const { channel, author, mentions } = message;
    if (message.receiver !== undefined || !this.#heard(channel)) return;
    const { bot } = this.#deps;
    const data = wireTold(message, this.look);
    const open = channel.kind === 'dm' || author === bot || mentions.users.includes(bot.id);
    this.#deps.tell({
      name,
      data,
      intents: messageIntent(channel),
      ...(isInGuild(channel) ? { guild: channel.guild } : {}),
      ...(open ? {} : { withoutContent: wireWithoutContent(data) }),
    });
  }

  #heard(channel: Channel): boolean {
    return channel.kind === 'dm' || botMay(channel, 'ViewChannel');
  }
}
