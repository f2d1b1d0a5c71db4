import { CallbackQueries } from './callback-queries.js';
import { CommandLists } from './command-lists.js';
import { Conversations } from './conversations.js';
import { MessageLog } from './message-log.js';
import { UpdateQueue } from './update-queue.js';
import type { BotUser } from './wire.js';

/** All that the platform knows, behind the API on one side and the people's clients on the other. */
export interface Platform {
  readonly now: () => number;
  readonly bot: BotUser;
  /** Privacy mode off. */
  readonly readsAllMessages: boolean;
  /** A Bot API server 10.2. */
  readonly isOld: boolean;
  /** How long a client waits for the answer to a press. */
  readonly pressPatienceMs: number;
  readonly chats: Conversations;
  readonly messages: MessageLog;
  readonly updates: UpdateQueue;
  readonly queries: CallbackQueries;
  readonly commands: CommandLists;
}

export function createPlatform(
  settings: Pick<Platform, 'bot' | 'now' | 'readsAllMessages' | 'isOld' | 'pressPatienceMs'>,
): Platform {
  const { now } = settings;
  return {
    ...settings,
    chats: new Conversations(),
    messages: new MessageLog(now),
    updates: new UpdateQueue(),
    queries: new CallbackQueries(now),
    commands: new CommandLists(),
  };
}
