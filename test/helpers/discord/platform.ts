import { CommandBook } from './command-book.js';
import { Directory } from './directory.js';
import type { PlatformEvent, Tell } from './events.js';
import { Interactions } from './interactions/interactions.js';
import { Messages } from './messages.js';
import type { Account } from './shapes.js';
import { Snowflakes } from './snowflakes.js';

export interface Application {
  readonly id: string;
  readonly name: string;
  readonly publicKey: string;
  /** For its privileged intents. */
  readonly flags: number;
}

interface PlatformSettings {
  readonly now: () => number;
  readonly token: string;
  readonly bot: Account;
  readonly application: Application;
  readonly deadlineMs: number;
  readonly patienceMs: number;
}

/** All that the platform knows, behind the API on one side and the people's clients on the other. */
export class Platform {
  readonly now: () => number;
  readonly ids: Snowflakes;
  readonly bot: Account;
  readonly application: Application;
  readonly directory: Directory;
  readonly messages: Messages;
  readonly commands: CommandBook;
  readonly interactions: Interactions;
  readonly #listeners: Tell[] = [];
  #token: string | undefined;

  constructor({ now, token, bot, application, deadlineMs, patienceMs }: PlatformSettings) {
    this.now = now;
    this.#token = token;
    this.bot = bot;
    this.application = application;
    this.ids = new Snowflakes(now);
    this.directory = new Directory(this.ids);
    this.directory.addAccount(bot);
    const { ids, directory } = this;
    this.messages = new Messages({ now, ids, bot, directory, tell: this.tell });
    this.commands = new CommandBook(ids, application.id);
    this.interactions = new Interactions({
      now,
      ids,
      bot,
      applicationId: application.id,
      deadlineMs,
      patienceMs,
    });
  }

  readonly tell = (event: PlatformEvent): void => {
    for (const listener of this.#listeners) listener(event);
  };

  listen(listener: Tell): void {
    this.#listeners.push(listener);
  }

  knowsToken(token: string): boolean {
    return this.#token !== undefined && token === this.#token;
  }

  revokeToken(): void {
    this.#token = undefined;
  }
}
