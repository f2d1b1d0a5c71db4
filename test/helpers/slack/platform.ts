import { Ids } from './ids.js';
import { Messages } from './messages.js';
import { ResponseUrls } from './response-urls.js';
import type { Account, Channel, Conversation, Dm, Installation, OpenView, Team } from './shapes.js';
import { Triggers } from './triggers.js';

export interface PlatformSettings {
  readonly now: () => number;
  readonly hooksOrigin: string;
  readonly commands: readonly string[];
  readonly events: readonly string[];
  readonly botName: string;
  readonly triggerLifeMs: number;
  readonly patienceMs: number;
}

/** All that the platform knows, behind the API on one side and the people's clients on the other. */
export class Platform {
  readonly settings: PlatformSettings;
  readonly ids: Ids;
  readonly appId: string;
  readonly signingSecret: string;
  readonly verificationToken: string;
  readonly teams: Team[] = [];
  readonly tokens = new Map<string, Installation>();
  readonly conversations = new Map<string, Conversation>();
  readonly views = new Map<string, OpenView>();
  readonly messages: Messages;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  /** Undefined: revoked. */
  appToken: string | undefined;

  constructor(settings: PlatformSettings) {
    this.settings = settings;
    const { now, hooksOrigin, triggerLifeMs } = settings;
    this.ids = new Ids(now);
    this.appId = this.ids.next('A');
    this.signingSecret = this.ids.secret(16);
    this.verificationToken = this.ids.secret();
    this.appToken = `xapp-1-${this.appId}-${this.ids.secret(6)}-${this.ids.secret(16)}`;
    this.messages = new Messages(this.ids);
    this.triggers = new Triggers(now, triggerLifeMs);
    this.responseUrls = new ResponseUrls(this.ids, now, hooksOrigin);
  }

  get now(): () => number {
    return this.settings.now;
  }

  /** The bot's DM with a person. */
  dm(installation: Installation, account: Account): Dm {
    for (const one of this.conversations.values())
      if (one.kind === 'im' && one.account === account && one.installation === installation) return one;
    const dm: Dm = { kind: 'im', id: this.ids.next('D'), account, installation, log: [] };
    this.conversations.set(dm.id, dm);
    return dm;
  }

  channel(id: string): Channel | undefined {
    const found = this.conversations.get(id);
    return found?.kind === 'channel' ? found : undefined;
  }

  /** The people whom an installation knows of: its own, and those with whom its bot shares a channel. */
  accountFor(installation: Installation, id: string): Account | undefined {
    for (const team of installation.teams)
      for (const account of team.accounts) if (account.id === id) return account;
    for (const one of this.conversations.values())
      if (one.kind === 'channel' && one.bots.has(installation))
        for (const account of one.members) if (account.id === id) return account;
    return undefined;
  }

  /** The handle of a person, bot, or channel: what a client shows for an id. */
  readonly nameOf = (id: string): string | undefined => {
    for (const team of this.teams) {
      if (team.installation?.bot.userId === id) return team.installation.bot.name;
      for (const account of team.accounts) if (account.id === id) return account.name;
    }
    return this.channel(id)?.name;
  };
}
