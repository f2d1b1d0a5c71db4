import type { ShownButton, ShownMessage } from './face-shown.js';
import { isPublic } from './messages.js';
import type { Platform } from './platform.js';
import { buttonsIn, renderContent } from './rendering.js';
import { type Account, type Conversation, isInstallation, type StoredMessage } from './shapes.js';

export interface Sight {
  readonly stored: StoredMessage;
  readonly message: ShownMessage;
}

export const isIn = (account: Account, conversation: Conversation): boolean =>
  conversation.kind === 'im' ? conversation.account === account : conversation.members.has(account);

/** An ephemeral message in a thread is shown only where the thread has replies that everybody sees. */
function isShown(account: Account, message: StoredMessage): boolean {
  const { ephemeralFor, deleted, lost, threadTs, conversation } = message;
  if (deleted || lost) return false;
  if (ephemeralFor === undefined) return true;
  if (ephemeralFor !== account) return false;
  if (threadTs === undefined) return true;
  return conversation.log.some((one) => one.threadTs === threadTs && isPublic(one));
}

function senderOf({ sender }: StoredMessage): string {
  if (sender === 'slackbot') return 'slackbot';
  return isInstallation(sender) ? 'bot' : sender.id;
}

export function shown(platform: Platform, message: StoredMessage): ShownMessage {
  const { content, ts, conversation, threadTs, ephemeralFor, edited } = message;
  const { text, links, mentions, styled } = renderContent(content, platform.nameOf);
  return {
    ts,
    channel: conversation.id,
    ...(threadTs === undefined ? {} : { threadTs }),
    from: senderOf(message),
    ephemeral: ephemeralFor !== undefined,
    text,
    fallback: content.text,
    buttons: buttonsIn(content.blocks),
    links,
    mentions,
    styled,
    unfurled: content.unfurl && ephemeralFor === undefined ? links : [],
    edited,
  };
}

/** All that a person can see of a conversation. `threadTs`: of that thread; `all`: threads and all; else none of them. */
export function sightsIn(
  platform: Platform,
  account: Account,
  conversation: Conversation,
  threadTs: string | 'all' | undefined,
): readonly Sight[] {
  if (!isIn(account, conversation)) return [];
  const inView = (one: StoredMessage) =>
    threadTs === 'all' || one.threadTs === threadTs || (one.ts === threadTs && one.threadTs === undefined);
  return conversation.log
    .filter((one) => inView(one) && isShown(account, one))
    .map((stored) => ({ stored, message: shown(platform, stored) }));
}

const asLabel = ({ label, url }: ShownButton): string => `[${label}${url === undefined ? '' : `: ${url}`}]`;

/** One message as text: who, what, where its links lead, its buttons. */
export function asText({ stored, message }: Sight, nameOf: (id: string) => string | undefined): string {
  const { sender } = stored;
  const name = isInstallation(sender) ? sender.bot.name : sender === 'slackbot' ? 'Slackbot' : sender.name;
  const links = message.links.filter((link) => !message.text.includes(link)).map((link) => `(${link})`);
  const first = [`${nameOf(name) ?? name}: ${message.text}`, ...links].join(' ');
  const buttons = message.buttons.map(asLabel).join(' ');
  return buttons === '' ? first : `${first}\n${buttons}`;
}
