import type { Fields } from '../face.js';
import type { HttpInteractions } from '../interactions/http.js';
import type { Interaction } from '../interactions/interaction.js';
import type { Platform } from '../platform.js';

/** Gives interactions to the app: to its URL where one is saved, else by the Gateway. */
export class Delivery {
  readonly #platform: Platform;
  readonly #http: HttpInteractions;

  constructor(platform: Platform, http: HttpInteractions) {
    this.#platform = platform;
    this.#http = http;
  }

  /** Over HTTP: resolves with the app's response, without it elsewhere. */
  async deliver(payload: Fields, interaction: Interaction | undefined): Promise<void> {
    if (this.#http.url !== undefined) {
      await this.#http.deliver(payload, interaction);
      return;
    }
    const guild = this.#platform.directory.guilds.get(String(payload.guild_id));
    this.#platform.tell({
      name: 'INTERACTION_CREATE',
      data: payload,
      intents: 0,
      ...(guild === undefined ? {} : { guild }),
    });
  }
}
