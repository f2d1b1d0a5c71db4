import {
  type Discord,
  type DiscordChannel,
  type DiscordPerson,
  type Fields,
  type Outcome,
  startDiscord,
} from './discord.js';
import { callRest, type RestReply } from './rest-call.js';
import { press, row } from './sample-components.js';
import { StillClock } from './still-clock.js';

export const MCP: Fields = {
  name: 'mcp',
  description: 'Your MCP servers',
  contexts: [0, 1, 2],
  integration_types: [0, 1],
  options: [
    { type: 3, name: 'command', description: 'What to do', autocomplete: true },
    { type: 3, name: 'server', description: 'With which server', autocomplete: true, max_length: 32 },
  ],
};
export const EPHEMERAL = 64;
export const MINUTES = 60_000;

export const GO: Fields = row(press());
export const INPUT: Fields = { type: 4, custom_id: 'key', style: 1, min_length: 3 };
export const MODAL: Fields = {
  custom_id: 'form',
  title: 'Key',
  components: [{ type: 18, label: 'WEATHER_KEY', description: 'Seen while typed', component: INPUT }],
};

/** An interaction from the app's side, and its ways to answer it without a token of the bot. */
export interface Made {
  readonly payload: Fields;
  readonly outcome: Promise<Outcome>;
  answer(type: number, data?: Fields, query?: string): Promise<RestReply>;
  /** `hook('PATCH /messages/@original', { … })`. */
  hook(route: string, body?: Fields): Promise<RestReply>;
}

/** Ana and Ben in #general, one clock, `/mcp` registered, and an app that is the test itself. */
export interface FakeScene {
  readonly discord: Discord;
  readonly clock: StillClock;
  readonly ana: DiscordPerson;
  readonly ben: DiscordPerson;
  readonly general: DiscordChannel;
  /** What just made an interaction. */
  made(outcome: Promise<Outcome>): Made;
  /** Ana uses `/mcp`, in #general unless said otherwise. */
  used(where?: DiscordChannel): Made;
  /** Ana sees a message with the button "Go". */
  shownButton(flags?: number): Promise<void>;
}

export async function openFakeScene(): Promise<FakeScene> {
  const clock = new StillClock();
  const discord = await startDiscord({ now: clock.now });
  const [ana, ben] = [discord.person('Ana', { locale: 'de' }), discord.person('Ben')];
  const general = discord.guild('Acme', [ana, ben]).channel('general');
  discord.register([MCP]);

  function made(outcome: Promise<Outcome>): Made {
    const payload = discord.sent.at(-1) ?? {};
    const { id, token } = payload;
    return {
      payload,
      outcome,
      answer: (type, data, query = '') =>
        callRest(
          discord,
          `POST /interactions/${id}/${token}/callback${query}`,
          { type, ...(data && { data }) },
          '',
        ),
      hook: (route, body) => {
        const [method, rest = ''] = route.split(' ');
        return callRest(discord, `${method} /webhooks/${discord.application.id}/${token}${rest}`, body, '');
      },
    };
  }

  const used = (where: DiscordChannel = general): Made => made(ana.types('/mcp', {}, where));

  return {
    discord,
    clock,
    ana,
    ben,
    general,
    made,
    used,
    async shownButton(flags = EPHEMERAL) {
      await used().answer(4, { content: 'Press', components: [GO], flags });
    },
  };
}
