import { Api } from 'grammy';
import type { UserFromGetMe } from 'grammy/types';
import type { Finding } from '../../common/finding.js';
import { plainText } from '../../common/text.js';
import { isTelegrams } from '../connection/api-root.js';
import { webhookUrlOf } from '../connection/webhook.js';
import { failureFinding } from './check-failure.js';
import { updateFindings } from './check-updates.js';
import { type CommandLists, type CommandTrouble, commandTrouble, readCommandLists } from './command-list.js';

export interface TelegramCheck {
  readonly token: string;
  /** Without a trailing slash. */
  readonly apiRoot: string;
  readonly mode: 'polling' | 'webhook';
  /** Without a trailing slash. */
  readonly publicUrl?: string;
  /** Whether the gateway keeps the bot's command list. */
  readonly commands: boolean;
  /** A time in words: "3 h ago". */
  readonly when: (atMs: number) => string;
  readonly withinMs?: number;
}

const WITHIN_MS = 10_000;

/** Asks Telegram about the bot; changes nothing, and takes no update away. Never rejects, and never holds the token. */
export async function checkTelegram(options: TelegramCheck): Promise<readonly Finding[]> {
  const { token, apiRoot, mode, publicUrl, commands, when, withinMs = WITHIN_MS } = options;
  const { raw } = new Api(token, { apiRoot, timeoutSeconds: withinMs / 1000 });
  const receiving = {
    mode,
    when,
    ...(publicUrl === undefined ? {} : { webhookUrl: webhookUrlOf(token, publicUrl) }),
  };
  const asked = [raw.getMe(), raw.getWebhookInfo(), readCommandLists(raw)] as const;
  try {
    // None is left under way by the failure of another.
    await Promise.allSettled(asked);
    const [me, webhook, lists] = await Promise.all(asked);
    return [
      ...botFindings(me),
      ...updateFindings(webhook, receiving),
      ...serverFindings(apiRoot),
      ...commandFindings(lists, commands),
    ];
  } catch (error) {
    return [failureFinding(error, apiRoot, withinMs)];
  }
}

function botFindings(me: UserFromGetMe): readonly Finding[] {
  const sees = me.can_read_all_group_messages
    ? 'privacy mode is off: in groups it is sent every message, and looks at /mcp alone'
    : 'privacy mode is on: in groups it is sent commands and replies to it, which is enough';
  const joins: Finding = me.can_join_groups
    ? { mark: 'ok', text: 'can be added to groups' }
    : {
        mark: 'neutral',
        text: 'cannot be added to groups',
        remedy: 'For groups: @BotFather, /setjoingroups, Enable.',
      };
  return [
    { mark: 'ok', text: `@${plainText(me.username, 40)} (${plainText(me.first_name, 64)}) answers` },
    joins,
    { mark: 'neutral', text: sees },
  ];
}

/** No call tells a server's version. */
function serverFindings(apiRoot: string): readonly Finding[] {
  if (isTelegrams(apiRoot)) return [];
  const { host } = new URL(apiRoot);
  const needed = 'it has to be 10.3 or newer, or what is typed in groups is answered in private chats';
  return [{ mark: 'neutral', text: `a Bot API server of your own, ${plainText(host, 120)}: ${needed}` }];
}

const TROUBLES: Readonly<Record<CommandTrouble, string>> = {
  'not-in-private': '/mcp is not in the command list of private chats',
  'not-in-groups': '/mcp is not in the command list of groups',
  'seen-in-groups': '/mcp in a group is seen by all: its command list does not make it ephemeral',
};

function commandFindings(lists: CommandLists, commands: boolean): readonly Finding[] {
  const troubles = commandTrouble(lists);
  if (troubles.length === 0)
    return [{ mark: 'ok', text: '/mcp is in the command lists, in groups for its sender alone' }];
  const remedy = commands
    ? '`mcp-chat-gateway start` puts /mcp into the command lists.'
    : 'Call setMyCommands with /mcp (for groups with is_ephemeral), or take `commands: false` out.';
  return troubles.map((trouble) => ({ mark: 'attention', text: TROUBLES[trouble], remedy }));
}
