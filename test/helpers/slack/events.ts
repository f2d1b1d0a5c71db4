import type { Delivery } from './delivery.js';
import type { Delivered } from './face-delivery.js';
import type { Platform } from './platform.js';
import type { Fields, Installation, Team } from './shapes.js';

/** What an event needs, by the name under which an app subscribes to it. */
const NEEDED: Readonly<Record<string, string>> = {
  app_mention: 'app_mentions:read',
  'message.im': 'im:history',
};

export interface EventPlace {
  readonly installation: Installation;
  readonly team: Team;
  readonly external?: boolean;
}

/** Wraps events in what surrounds them, and sends those that the app subscribed to and may have. */
export class Events {
  readonly #platform: Platform;
  readonly #delivery: Delivery;

  constructor(platform: Platform, delivery: Delivery) {
    this.#platform = platform;
    this.#delivery = delivery;
  }

  /** Undefined: the app is not told. */
  async tell(name: string, event: Fields, place: EventPlace): Promise<Delivered | undefined> {
    const { installation } = place;
    const needed = NEEDED[name];
    if (!this.#platform.settings.events.includes(name)) return undefined;
    if (needed !== undefined && !installation.scopes.includes(needed)) return undefined;
    return await this.send(event, place);
  }

  async send(event: Fields, place: EventPlace, extra: Fields = {}): Promise<Delivered> {
    const payload = { ...this.#wrapped(event, place), ...extra };
    return await this.#delivery.send({ kind: 'events_api', payload });
  }

  #wrapped(event: Fields, { installation, team, external = false }: EventPlace): Fields {
    const { ids, appId, verificationToken, now } = this.#platform;
    const { bot, orgWide, enterpriseId } = installation;
    return {
      token: verificationToken,
      team_id: team.id,
      ...(enterpriseId === undefined ? {} : { enterprise_id: enterpriseId }),
      context_team_id: team.id,
      context_enterprise_id: enterpriseId ?? null,
      api_app_id: appId,
      event,
      type: 'event_callback',
      event_id: ids.next('Ev'),
      event_time: Math.floor(now() / 1000),
      authorizations: [
        {
          enterprise_id: enterpriseId ?? null,
          team_id: orgWide ? null : team.id,
          user_id: bot.userId,
          is_bot: true,
          is_enterprise_install: orgWide,
        },
      ],
      is_ext_shared_channel: external,
      event_context: ids.secret(),
    };
  }
}
