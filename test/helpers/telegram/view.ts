import type { ShownButton, ShownMessage } from './face.js';
import type { Account, Chat, Content, StoredMessage } from './shapes.js';
import { holderOf, isGroup } from './shapes.js';

/** What one person's client shows of a message; undefined: nothing. */
function contentFor(account: Account, message: StoredMessage): Content | undefined {
  if (message.ephemeral !== undefined) return holderOf(message) === account ? message.copy : undefined;
  return message.deleted || message.hiddenFor.has(account) ? undefined : message.content;
}

function topicOf({ chat, thread }: StoredMessage): string | undefined {
  return [...chat.topics].find(([, id]) => id === thread)?.[0];
}

function shownButtons({ markup }: Content): readonly (readonly ShownButton[])[] {
  if (markup?.kind !== 'inline') return [];
  return markup.rows.map((row) => row.map(({ text, ...does }) => ({ label: text, ...does })));
}

function shown(message: StoredMessage, content: Content): ShownMessage {
  const { id, chat, ephemeral, sender, replyTo } = message;
  const topic = topicOf(message);
  return {
    id,
    ...(ephemeral === undefined ? {} : { ephemeralId: ephemeral.id }),
    chat: chat.id,
    ...(topic === undefined ? {} : { topic }),
    from: sender === 'bot' ? 'bot' : sender.id,
    text: content.text,
    ...(content.html === undefined ? {} : { html: content.html }),
    buttons: shownButtons(content),
    ...(content.markup?.kind === 'force-reply' ? { forceReply: true } : {}),
    linkPreview: content.linkPreview,
    edited: message.editedAtMs !== undefined,
    ...(replyTo === undefined ? {} : { replyTo: replyTo.id }),
    ...(message.silent ? { silent: true } : {}),
  };
}

export interface Sight {
  readonly stored: StoredMessage;
  readonly message: ShownMessage;
  readonly content: Content;
}

/** All texts that a person can see in a chat, newest last. An upgraded group's history stands before the new one's. */
export function sightsIn(account: Account, chat: Chat, before: readonly Chat[] = []): readonly Sight[] {
  const isThere = isGroup(chat) ? chat.members.has(account) : chat.account === account;
  if (!isThere) return [];
  return [...before, chat].flatMap(({ log }) =>
    log.flatMap((stored) => {
      const content = contentFor(account, stored);
      return content === undefined || content.text === ''
        ? []
        : [{ stored, content, message: shown(stored, content) }];
    }),
  );
}

const inText = ({ label, url }: ShownButton): string => `[${label}${url === undefined ? '' : `: ${url}`}]`;

/** One message as text: who, what, where its links lead, its buttons row by row. */
export function asText({ message, content }: Sight, nameOf: (id: 'bot' | number) => string): string {
  const links = content.entities.flatMap(({ type, url }) =>
    type === 'text_link' && url ? [`(${url})`] : [],
  );
  const rows = message.buttons.map((row) => row.map(inText).join(' '));
  return [[`${nameOf(message.from)}: ${message.text}`, ...links].join(' '), ...rows].join('\n');
}

/** Every button that a person can see, oldest first. What became a supergroup has none. */
export function visibleButtons(account: Account, chats: readonly Chat[]) {
  return chats
    .filter((chat) => !isGroup(chat) || chat.upgradedTo === undefined)
    .flatMap((chat) => sightsIn(account, chat))
    .sort((a, b) => a.stored.order - b.stored.order)
    .flatMap(({ stored, message }) => message.buttons.flat().map((button) => ({ stored, button })));
}
