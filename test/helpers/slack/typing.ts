import { plainContent } from './content.js';
import type { Typed } from './face.js';
import { appIn, type Client, ownApp, teamOf } from './interaction.js';
import { type Conversation, isInstallation, type StoredMessage } from './shapes.js';
import { shown } from './sights.js';
import { runCommand } from './slash-commands.js';
import { wireMessage } from './wire.js';

export interface Place {
  readonly conversation: Conversation;
  readonly threadTs: string | undefined;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What the composer makes of names and addresses. */
function composed({ platform }: Client, text: string, { conversation }: Place): string {
  const people =
    conversation.kind === 'im'
      ? [conversation.account, conversation.installation]
      : [...conversation.members, ...conversation.bots];
  const ids = new Map(
    people.map((one) => (isInstallation(one) ? [one.bot.name, one.bot.userId] : [one.name, one.id])),
  );
  const channels = new Map(
    [...platform.conversations.values()].flatMap((one) => (one.kind === 'im' ? [] : [[one.name, one.id]])),
  );
  return escaped(text)
    .replace(/https?:\/\/[^\s<>]+/g, '<$&>')
    .replace(/@(channel|here|everyone)\b/g, '<!$1>')
    .replace(/@([\w.-]+)/g, (all, name: string) => (ids.has(name) ? `<@${ids.get(name)}>` : all))
    .replace(/#([\w-]+)/g, (all, name: string) =>
      channels.has(name) ? `<#${channels.get(name)}|${name}>` : all,
    );
}

/** Slack Connect: who writes from another workspace says so in every message. */
function origin({ account, team }: Client): Readonly<Record<string, unknown>> {
  return {
    team: team.id,
    user_team: team.id,
    source_team: team.id,
    client_msg_id: `${account.id}-${team.id}`,
  };
}

function rootOf({ conversation, threadTs }: StoredMessage): StoredMessage | undefined {
  return threadTs === undefined ? undefined : conversation.log.find(({ ts }) => ts === threadTs);
}

function parentUser(message: StoredMessage): Readonly<Record<string, unknown>> {
  const sender = rootOf(message)?.sender;
  if (sender === undefined || sender === 'slackbot') return {};
  return { parent_user_id: isInstallation(sender) ? sender.bot.userId : sender.id };
}

/** Tells the app of a message, where it may hear it: always in its DM, elsewhere where it is mentioned. */
async function tell(client: Client, message: StoredMessage): Promise<void> {
  const { conversation, content } = message;
  const installation = appIn(client, conversation);
  if (installation === undefined) return;
  const team = teamOf(client, installation, conversation);
  const shared = conversation.kind === 'channel' && conversation.partners.size > 0;
  const event = {
    ...wireMessage(message, client.platform),
    ...origin(client),
    ...parentUser(message),
    channel: conversation.id,
    event_ts: message.ts,
  };
  const place = { installation, team, external: shared };
  if (conversation.kind === 'im')
    await client.events.tell('message.im', { ...event, channel_type: 'im' }, place);
  else if (content.text.includes(`<@${installation.bot.userId}>`))
    await client.events.tell('app_mention', { ...event, type: 'app_mention' }, place);
}

/** Sends a line as the composer does. */
export async function typeText(client: Client, text: string, place: Place): Promise<Typed> {
  const { platform, account } = client;
  const { conversation, threadTs } = place;
  if (conversation.kind === 'channel' && conversation.archived)
    return { kind: 'refused', reason: 'This channel is archived' };
  const [word = ''] = text.split(/\s/);
  if (word.startsWith('/') && word.length > 1) {
    if (threadTs !== undefined)
      return { kind: 'refused', reason: `${word} is not supported in threads. Sorry!` };
    if (!platform.settings.commands.includes(word) || ownApp(client) === undefined)
      return { kind: 'refused', reason: `${word} is not a valid command` };
    return await runCommand(client, word, text.slice(word.length).trim(), conversation);
  }
  const content = plainContent(composed(client, text.trimStart(), place));
  const message = platform.messages.add({ conversation, sender: account, threadTs, content });
  await tell(client, message);
  return { kind: 'message', message: shown(platform, message) };
}
