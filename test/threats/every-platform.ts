import { afterEach, expect } from 'vitest';
import { placeholder } from '../helpers/configured-server.js';
import { startDiscord } from '../helpers/discord/discord.js';
import type { DiscordPerson } from '../helpers/discord/face.js';
import { type KeyServer, startKeyServer } from '../helpers/key-server.js';
import { linkIn as terminalLink } from '../helpers/program.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import type { SlackPerson } from '../helpers/slack/face.js';
import { startSlack } from '../helpers/slack/slack.js';
import { startBotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { TerminalVisitor } from '../helpers/terminal-visitor.js';
import type { WebVisitor } from '../helpers/web-visitor.js';
import * as discord from './discord-scene.js';
import { type Scene, useScene } from './scene.js';
import * as slack from './slack-scene.js';
import * as telegram from './telegram-scene.js';

export const PLATFORMS = ['terminal', 'web', 'telegram', 'slack', 'discord'] as const;
export type PlatformName = (typeof PLATFORMS)[number];

/** Somebody at one platform's chat, where all that the bot says is for them alone. */
export interface Chatter {
  /** As the gateway's pages name them. */
  readonly label: string;
  /** Types `/mcp …`, and gives the link that the answer holds. */
  link(words: string): Promise<string>;
  /** Types `/mcp …`, and waits until the bot has said this. */
  hears(words: string, text: string | RegExp): Promise<void>;
  untilSees(text: string | RegExp): Promise<void>;
  /** All that they were shown. */
  sees(): string;
}

/** One of the people at each platform. */
export interface Pair {
  readonly mallory: Chatter;
  readonly vic: Chatter;
}

function atTelegram(person: TelegramPerson, name: string): Chatter {
  return {
    label: `Telegram · @${name}`,
    link: async (words) => telegram.linkIn(await telegram.askedFor(person, `/mcp ${words}`)),
    hears: async (words, text) => {
      await telegram.answerTo(person, `/mcp ${words}`);
      await telegram.untilSees(person, text);
    },
    untilSees: (text) => telegram.untilSees(person, text),
    sees: () => telegram.plain(person.sees()),
  };
}

function atSlack(person: SlackPerson, name: string): Chatter {
  return {
    label: `Slack · @${name}`,
    link: async (words) => slack.linkIn(await slack.askedFor(person, `/mcp ${words}`)),
    hears: async (words, text) => {
      await slack.answerTo(person, `/mcp ${words}`);
      await slack.untilSees(person, text);
    },
    untilSees: (text) => slack.untilSees(person, text),
    sees: () => person.seesAnywhere(),
  };
}

function atDiscord(person: DiscordPerson, name: string): Chatter {
  return {
    label: `Discord · @${name}`,
    link: async (words) => discord.linkIn(await discord.askedFor(person, words)),
    hears: async (words, text) => {
      await discord.answerTo(person, words);
      await discord.untilSees(person, text);
    },
    untilSees: (text) => discord.untilSees(person, text),
    sees: () => discord.plain(person.sees()),
  };
}

function atWeb(visitor: WebVisitor): Chatter {
  return {
    label: `Web chat · ${visitor.person}`,
    link: async (words) => (await visitor.say(`/mcp ${words}`)).link,
    hears: async (words, text) => {
      await visitor.say(`/mcp ${words}`);
      await visitor.untilSays(text);
    },
    untilSees: async (text) => {
      await visitor.untilSays(text);
    },
    sees: () => visitor.everything,
  };
}

function atTerminal(visitor: TerminalVisitor, name: string): Chatter {
  return {
    label: `Terminal · ${name}`,
    link: async (words) => terminalLink(await visitor.ask(`/mcp ${words}`, /sign in at|give its key/)),
    hears: async (words, text) => {
      await visitor.ask(`/mcp ${words}`, text);
    },
    untilSees: async (text) => {
      await visitor.untilSays(text);
    },
    sees: () => visitor.everything,
  };
}

export interface Everywhere {
  readonly gateway: RunningGateway;
  readonly at: Readonly<Record<PlatformName, Pair>>;
  /** An MCP server that takes a key: `notes` in the config. */
  readonly notes: KeyServer;
}

export interface EveryPlatform {
  readonly scene: Scene;
  /** One gateway with all platforms, and Mallory and Vic at each of them. The words are added to the config. */
  start(words: object): Promise<Everywhere>;
}

/** A terminal has one person: there Vic has the web chat. */
export function useEveryPlatform(): EveryPlatform {
  const scene = useScene();
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function start(words: object): Promise<Everywhere> {
    const notes = await startKeyServer();
    ends.push(() => notes.close());
    const botApi = await startBotApi({ pressPatienceMs: 4_000 });
    ends.push(() => botApi.close());
    const slacks = await startSlack();
    ends.push(() => slacks.close());
    const discords = await startDiscord({ deadlineMs: 10_000, patienceMs: 15_000 });
    ends.push(() => discords.close());
    const acme = slacks.workspace('Acme');
    const [tg, sl, dc] = [
      ['Mallory', 'Vic'].map((name) => botApi.person(name, { username: name.toLowerCase() })),
      ['Mallory', 'Vic'].map((name) => acme.person(name)),
      ['Mallory', 'Vic'].map((name) => discords.person(name)),
    ];
    discords.guild('Acme', dc);
    const terminal = new TerminalVisitor('mallory');
    const gateway = await scene.gateway(
      {
        access: {
          users: [
            ...['web:mallory', 'web:vic'],
            ...tg.map(telegram.idOf),
            ...sl.map(slack.idOf),
            ...dc.map(discord.idOf),
          ],
        },
        platforms: {
          web: { people: ['mallory', 'vic'] },
          ...telegram.telegramWords(botApi),
          ...slack.slackWords(slacks, [acme]),
          ...discord.discordWords(discords),
        },
        mcp_servers: {
          files: { url: scene.files.url, auth: 'oauth' },
          notes: { url: notes.url, headers: { Authorization: `Bearer ${placeholder('NOTES_KEY')}` } },
        },
        ...words,
      },
      { adapters: [terminal.adapter] },
    );
    // Before the platforms go.
    ends.push(() => gateway.stop());
    await slacks.sockets.untilOpen(1);
    await expect.poll(() => discords.commands().length).toBeGreaterThan(0);
    await expect.poll(() => discords.gateway.ready).toBeGreaterThan(0);
    const web = {
      mallory: atWeb(await gateway.visitor('mallory')),
      vic: atWeb(await gateway.visitor('vic')),
    };
    const pair = <P>(people: readonly P[], at: (person: P, name: string) => Chatter): Pair => {
      const [mallory, vic] = people;
      if (mallory === undefined || vic === undefined) throw new Error('nobody is there');
      return { mallory: at(mallory, 'mallory'), vic: at(vic, 'vic') };
    };
    return {
      gateway,
      notes,
      at: {
        web,
        terminal: { mallory: atTerminal(terminal, 'mallory'), vic: web.vic },
        telegram: pair(tg, atTelegram),
        slack: pair(sl, atSlack),
        discord: pair(dc, atDiscord),
      },
    };
  }

  return { scene, start };
}
