import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields } from '../face.js';
import type { Account, Channel, Message } from '../shapes.js';
import type { Snowflakes } from '../snowflakes.js';
import { envelope, type Sender } from './envelope.js';
import { type Interaction, newToken, TOKEN_LIFE_MS } from './interaction.js';

interface InteractionsDeps {
  readonly now: () => number;
  readonly ids: Snowflakes;
  readonly bot: Account;
  readonly applicationId: string;
  /** By `now`. */
  readonly deadlineMs: number;
  /** In real time. */
  readonly patienceMs: number;
}

export interface NewInteraction {
  readonly account: Account;
  readonly channel: Channel;
  readonly type: number;
  readonly data: Fields | undefined;
  readonly owners: Fields;
  readonly message?: { readonly stored: Message; readonly wire: Fields };
  readonly openedBy?: Interaction;
  readonly extra?: Fields;
}

/** Every interaction ever made, and whether its app still may answer. */
export class Interactions {
  readonly all: Interaction[] = [];
  readonly #deps: InteractionsDeps;
  readonly #byToken = new Map<string, Interaction>();

  constructor(deps: InteractionsDeps) {
    this.#deps = deps;
  }

  make({ account, channel, type, data, owners, message, openedBy, extra }: NewInteraction): Interaction {
    const { ids, now, bot, applicationId } = this.#deps;
    const [id, token] = [ids.next(), newToken()];
    const sender: Sender = { account, channel, bot, applicationId };
    const interaction: Interaction = {
      id,
      token,
      type,
      account,
      channel,
      owners,
      madeAtMs: now(),
      payload: {
        ...envelope(sender, id, token, owners),
        type,
        ...(data === undefined ? {} : { data }),
        ...(message === undefined ? {} : { message: message.wire }),
        ...extra,
      },
      ...(message === undefined ? {} : { message: message.stored }),
      ...(openedBy === undefined ? {} : { openedBy }),
      state: 'pending',
      followups: [],
      forgotten: false,
    };
    this.all.push(interaction);
    this.#byToken.set(token, interaction);
    return interaction;
  }

  withId(id: string): Interaction | undefined {
    return this.all.find((one) => one.id === id);
  }

  withToken(token: string): Interaction | undefined {
    return this.#byToken.get(token);
  }

  /** The three seconds are over, or what came was no answer. */
  hasFailed({ state, madeAtMs }: Interaction): boolean {
    return (
      state === 'failed' || (state === 'pending' && this.#deps.now() - madeAtMs >= this.#deps.deadlineMs)
    );
  }

  hasExpired({ madeAtMs }: Interaction): boolean {
    return this.#deps.now() - madeAtMs >= TOKEN_LIFE_MS;
  }

  /** Resolves once it is answered or has failed; a clock that stands still is waited for only so long. */
  async settled(interaction: Interaction): Promise<void> {
    const until = performance.now() + this.#deps.patienceMs;
    while (interaction.state === 'pending' && !this.hasFailed(interaction) && performance.now() < until)
      await sleep(5);
    if (interaction.state === 'pending') interaction.state = 'failed';
  }
}
