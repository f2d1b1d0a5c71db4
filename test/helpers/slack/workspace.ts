import { accountOf, LocalChannel } from './channel.js';
import type { Delivery } from './delivery.js';
import type { Echoes } from './echoes.js';
import type { Events } from './events.js';
import type {
  ChannelOptions,
  Delivered,
  PersonOptions,
  SlackChannel,
  SlackPerson,
  SlackWorkspace,
} from './face.js';
import { Person } from './person.js';
import type { Platform } from './platform.js';
import type { Account, BotIdentity, Channel, Fields, Installation, Team } from './shapes.js';

export interface WorkspaceDeps {
  readonly platform: Platform;
  readonly delivery: Delivery;
  readonly events: Events;
  readonly echoes: Echoes;
}

/** A workspace, as tests arrange it. */
export class Workspace implements SlackWorkspace {
  readonly #deps: WorkspaceDeps;
  readonly team: Team;
  readonly bot: BotIdentity;

  constructor(deps: WorkspaceDeps, team: Team, bot: BotIdentity) {
    this.#deps = deps;
    this.team = team;
    this.bot = bot;
  }

  get id(): string {
    return this.team.id;
  }

  get name(): string {
    return this.team.name;
  }

  get domain(): string {
    return this.team.domain;
  }

  get enterpriseId(): string | undefined {
    return this.team.enterpriseId;
  }

  get installation(): Installation {
    const { installation } = this.team;
    if (installation === undefined) throw new Error(`the app is not installed in ${this.name}`);
    return installation;
  }

  get botToken(): string {
    return this.installation.token;
  }

  person(name: string, options: PersonOptions = {}): SlackPerson {
    const { id = this.#deps.platform.ids.next('U'), realName = name, displayName = '' } = options;
    const account: Account = {
      id,
      name: name.toLowerCase().replaceAll(' ', '.'),
      realName,
      displayName,
      home: this.team,
      isBot: options.isBot ?? false,
      admin: options.admin ?? false,
      online: options.online ?? true,
      modals: [],
      deactivated: false,
    };
    return this.#seat(account);
  }

  admit(person: SlackPerson): SlackPerson {
    const account = accountOf(person);
    if (this.enterpriseId === undefined || account.home.enterpriseId !== this.enterpriseId)
      throw new Error('only people of the same Enterprise Grid org share their id');
    return this.#seat(account);
  }

  channel(name: string, members: readonly SlackPerson[], options: ChannelOptions = {}): SlackChannel {
    const { platform } = this.#deps;
    const { id = platform.ids.next('C'), bot = true, sharedWith = [] } = options;
    const channel: Channel = {
      kind: 'channel',
      id,
      name,
      private: options.private ?? false,
      host: this.team,
      partners: new Set(sharedWith.map((one) => (one === this ? this : asWorkspace(one)).team)),
      members: new Set(members.map(accountOf)),
      bots: new Set(bot ? [this.installation] : []),
      log: [],
      archived: options.archived ?? false,
    };
    platform.conversations.set(id, channel);
    return new LocalChannel(channel, (workspace = this) => asWorkspace(workspace).installation);
  }

  setScopes(scopes: readonly string[]): void {
    this.installation.scopes = scopes;
  }

  async revokeToken(): Promise<void> {
    this.installation.state = 'revoked';
    await this.#tell('tokens_revoked', { tokens: { oauth: [], bot: [this.bot.userId] } });
  }

  async uninstall(): Promise<void> {
    this.installation.state = 'removed';
    await Promise.all([
      this.#tell('app_uninstalled', {}),
      this.#tell('tokens_revoked', { tokens: { oauth: [], bot: [this.bot.userId] } }),
    ]);
  }

  reinstall(): void {
    const { platform } = this.#deps;
    const { installation } = this;
    const token = `xoxb-${platform.ids.secret(8)}-${platform.ids.secret(16)}`;
    const again: Installation = { ...installation, token, state: 'active' };
    installation.state = 'removed';
    platform.tokens.set(token, again);
    for (const team of installation.teams) team.installation = again;
    for (const one of platform.conversations.values())
      if (one.kind === 'channel' && one.bots.delete(installation)) one.bots.add(again);
  }

  event(event: Fields, extra: Fields = {}): Promise<Delivered> {
    const { installation, team } = this;
    return this.#deps.events.send(event, { installation, team }, extra);
  }

  async #tell(type: string, rest: Fields): Promise<void> {
    const { installation, team } = this;
    const event_ts = this.#deps.platform.ids.ts();
    await this.#deps.events.tell(type, { type, ...rest, event_ts }, { installation, team });
  }

  #seat(account: Account): Person {
    const { echoes, ...deps } = this.#deps;
    this.team.accounts.add(account);
    const erased = echoes.deleted.bind(echoes);
    return new Person({ ...deps, account, team: this.team, workspace: this, erased });
  }
}

function asWorkspace(workspace: SlackWorkspace): Workspace {
  if (!(workspace instanceof Workspace)) throw new Error(`${workspace.name} is not of this platform`);
  return workspace;
}
