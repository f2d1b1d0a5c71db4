/** JSON as it travels. */
export type Fields = Readonly<Record<string, unknown>>;

export interface BotIdentity {
  readonly userId: string;
  readonly botId: string;
  readonly name: string;
}

/** The app in a workspace, or in a whole org. */
export interface Installation {
  readonly bot: BotIdentity;
  readonly token: string;
  readonly orgWide: boolean;
  readonly enterpriseId: string | undefined;
  readonly teams: Set<Team>;
  scopes: readonly string[];
  state: 'active' | 'revoked' | 'removed';
}

export interface Team {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly enterpriseId: string | undefined;
  readonly accounts: Set<Account>;
  installation: Installation | undefined;
}

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly displayName: string;
  readonly realName: string;
  readonly home: Team;
  readonly isBot: boolean;
  readonly admin: boolean;
  readonly online: boolean;
  /** The modals on show, the top one last. */
  readonly modals: OpenView[];
  deactivated: boolean;
}

export interface Channel {
  readonly kind: 'channel';
  readonly id: string;
  readonly name: string;
  readonly private: boolean;
  readonly host: Team;
  /** Slack Connect: the host's partners. */
  readonly partners: ReadonlySet<Team>;
  readonly members: Set<Account>;
  readonly bots: Set<Installation>;
  readonly log: StoredMessage[];
  archived: boolean;
}

/** A person's DM with the bot. */
export interface Dm {
  readonly kind: 'im';
  readonly id: string;
  readonly account: Account;
  readonly installation: Installation;
  readonly log: StoredMessage[];
}

export type Conversation = Channel | Dm;

export interface Content {
  readonly text: string;
  readonly blocks: readonly Fields[];
  /** `@channel` and names in the text are meant as mentions (`link_names`, `parse: full`). */
  readonly linkNames: boolean;
  /** Bare addresses in the text become links. */
  readonly autoLinks: boolean;
  readonly mrkdwn: boolean;
  readonly unfurl: boolean;
}

export interface StoredMessage {
  readonly ts: string;
  readonly conversation: Conversation;
  readonly sender: Account | Installation | 'slackbot';
  readonly threadTs: string | undefined;
  readonly ephemeralFor: Account | undefined;
  content: Content;
  edited: boolean;
  deleted: boolean;
  /** Ephemeral, and no client has it any more. */
  lost: boolean;
}

export interface OpenView {
  readonly id: string;
  readonly account: Account;
  readonly installation: Installation;
  readonly team: Team;
  readonly rootId: string;
  readonly previousId: string | undefined;
  view: Fields;
  hash: string;
  /** What is typed: by block id and action id. */
  values: Readonly<Record<string, Readonly<Record<string, string>>>>;
  errors: Readonly<Record<string, string>>;
}

export const isInstallation = (sender: StoredMessage['sender']): sender is Installation =>
  sender !== 'slackbot' && 'token' in sender;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of many objects, those that are. */
export const objectsIn = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter(isFields) : [];

export const textIn = (value: unknown): string => (typeof value === 'string' ? value : '');
