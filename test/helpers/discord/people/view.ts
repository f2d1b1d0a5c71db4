import { TYPES } from '../checks/components.js';
import type { Fields, Markup, ShownButton, ShownMessage } from '../face.js';
import { isFields } from '../form.js';
import { type Names, type Shown, shownText } from '../markdown/shown.js';
import type { Platform } from '../platform.js';
import type { Account, Channel, Message } from '../shapes.js';
import { flattened, parts } from '../texts.js';

const str = (value: unknown): string => (typeof value === 'string' ? value : '');
const plain = (text: string): Shown => ({ text, markup: [] });

export function namesOn({ directory, bot, application }: Platform): Names {
  return {
    user: (id) => (id === bot.id ? bot.username : (directory.accounts.get(id)?.name ?? 'unknown-user')),
    channel: (id) => {
      const channel = directory.channel(id);
      return channel !== undefined && 'name' in channel ? channel.name : 'unknown';
    },
    role: (id) =>
      [...directory.guilds.values()].some(({ botRoleId }) => botRoleId === id)
        ? application.name
        : 'unknown-role',
  };
}

function embedParts(embed: Fields, names: Names): readonly Shown[] {
  const author = isFields(embed.author) ? plain(str(embed.author.name)) : undefined;
  const title = shownText(str(embed.title), names, 'title');
  const url = str(embed.url);
  const fields = parts(embed.fields).flatMap(({ name, value }) => [
    shownText(str(name), names, 'title'),
    shownText(str(value), names),
  ]);
  const footer = isFields(embed.footer) ? plain(str(embed.footer.text)) : undefined;
  return [
    ...(author === undefined ? [] : [author]),
    url === '' ? title : { ...title, text: `${title.text} (${url})` },
    shownText(str(embed.description), names),
    ...fields,
    ...(footer === undefined ? [] : [footer]),
  ];
}

function componentParts(components: readonly Fields[], names: Names): readonly Shown[] {
  return flattened(components)
    .filter(({ type }) => type === TYPES.text)
    .map(({ content }) => shownText(str(content), names));
}

function loadingText(platform: Platform, untilMs: number): string {
  return platform.now() < untilMs
    ? `${platform.application.name} is thinking…`
    : 'The application did not respond';
}

function textOf(platform: Platform, message: Message): { text: string; markup: readonly Markup[] } {
  const names = namesOn(platform);
  const shown =
    message.loadingUntilMs === undefined
      ? [
          shownText(message.content, names),
          ...message.embeds.flatMap((embed) => embedParts(embed, names)),
          ...componentParts(message.components, names),
        ]
      : [plain(loadingText(platform, message.loadingUntilMs))];
  return {
    text: shown
      .map(({ text }) => text)
      .filter((text) => text !== '')
      .join('\n'),
    markup: shown.flatMap(({ markup }) => markup),
  };
}

function shownButton(button: Fields): ShownButton {
  return {
    label: str(button.label),
    ...(button.url === undefined ? {} : { url: str(button.url) }),
    ...(button.custom_id === undefined ? {} : { customId: str(button.custom_id) }),
    ...(button.disabled === true ? { disabled: true } : {}),
  };
}

/** Row by row; a section's button is a row of its own. */
function buttonsOf(components: readonly Fields[]): readonly (readonly ShownButton[])[] {
  return flattened(components)
    .map((one) => (one.type === TYPES.row ? parts(one.components) : parts([one.accessory])))
    .map((row) => row.filter(({ type }) => type === TYPES.button).map(shownButton))
    .filter((row) => row.length > 0);
}

function stateOf(platform: Platform, { loadingUntilMs }: Message): ShownMessage['state'] {
  if (loadingUntilMs === undefined) return 'sent';
  return platform.now() < loadingUntilMs ? 'thinking' : 'unanswered';
}

export function shownMessage(platform: Platform, message: Message): ShownMessage {
  const { id, channel, author, receiver, replyTo } = message;
  return {
    id,
    channel: channel.id,
    from: author === platform.bot ? 'bot' : author.id,
    ephemeral: receiver !== undefined,
    ...textOf(platform, message),
    content: message.content,
    embeds: message.embeds,
    buttons: buttonsOf(message.components),
    state: stateOf(platform, message),
    pings: message.pings,
    previews: message.previews,
    edited: message.editedAtMs !== undefined,
    ...(replyTo === undefined ? {} : { replyTo: replyTo.id }),
  };
}

/** All messages that a person's client shows in a channel, newest last. */
export function visible(platform: Platform, account: Account, channel: Channel): readonly Message[] {
  if (!platform.directory.isThere(account, channel)) return [];
  return channel.log.filter(
    ({ deleted, receiver, gone }) => !deleted && (receiver === undefined || (receiver === account && !gone)),
  );
}

function buttonText({ label, url, disabled }: ShownButton): string {
  if (url !== undefined) return `[${label}: ${url}]`;
  return disabled === true ? `[${label} (disabled)]` : `[${label}]`;
}

/** One message as text: who, what, where its links lead, its buttons row by row. */
export function asText(platform: Platform, message: Message): string {
  const shown = shownMessage(platform, message);
  const name = message.author === platform.bot ? platform.application.name : message.author.name;
  return [`${name}: ${shown.text}`, ...shown.buttons.map((row) => row.map(buttonText).join(' '))].join('\n');
}
