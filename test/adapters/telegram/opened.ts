import { expect } from 'vitest';
import { createTelegramAdapter, type TelegramOptions } from '../../../src/adapters/telegram/adapter.js';
import type { ChatAdapter, ChatGateway } from '../../../src/gateway/types.js';
import type { Person } from '../../contracts/chat-adapter.js';
import { type BotApi, startBotApi } from '../../helpers/telegram/bot-api.js';
import type { BotApiOptions, TelegramGroup, TelegramPerson } from '../../helpers/telegram/face.js';

/** A Telegram adapter that polls a platform of its own. */
export interface OpenedTelegram {
  readonly api: BotApi;
  readonly adapter: ChatAdapter;
  readonly ana: TelegramPerson;
  readonly ben: TelegramPerson;
  close(): Promise<void>;
}

export async function openTelegram(
  gateway: ChatGateway,
  options: Partial<TelegramOptions> = {},
  platform: BotApiOptions = {},
): Promise<OpenedTelegram> {
  const api = await startBotApi(platform);
  const adapter = createTelegramAdapter({
    token: api.token,
    apiRoot: api.root,
    mode: 'polling',
    publicUrl: 'https://gateway.example',
    reachable: true,
    commands: true,
    ...options,
  });
  await adapter.start(gateway);
  return {
    api,
    adapter,
    ana: api.person('Ana', { username: 'ana' }),
    ben: api.person('Ben', { username: 'ben' }),
    async close() {
      await adapter.stop();
      await api.close();
    },
  };
}

/** A person as the contract suite knows one. */
export function contractPerson(person: TelegramPerson, chat?: TelegramGroup): Person {
  const where = chat === undefined ? undefined : { chat };
  return {
    actor: { platform: 'telegram', userId: String(person.id), displayName: `@${person.name.toLowerCase()}` },
    type: (line) => person.type(line, where),
    press: async (label) => void (await person.press(label)),
    async fill(label, values) {
      await person.press(label);
      for (const value of Object.values(values)) {
        await untilAsked(person);
        await person.type(value);
      }
    },
    // Joiners keep data from becoming links; nobody sees them.
    sees: () => person.sees().replaceAll('\u2060', ''),
  };
}

async function untilAsked(person: TelegramPerson): Promise<void> {
  await expect.poll(() => person.messages().some((message) => message.forceReply === true)).toBe(true);
}
