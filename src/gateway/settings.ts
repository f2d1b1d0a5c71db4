import type { Server } from '../auth/types.js';
import type { LogLevel } from '../observability/log.js';
import type { StorageKind } from '../storage/places.js';
import type { LimitName } from './access/limits.js';
import type { Rate } from './access/windows.js';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** The config, validated and with its defaults filled in. Made by `config.ts`; the YAML's words are in `config/schema.ts`. */
export interface Settings {
  /** Without one, sign-ins need an adapter that can take a pasted address. No trailing slash. */
  readonly publicUrl?: string;
  readonly listen: Listen;
  /** `token` is needed for a bind beyond loopback. */
  readonly localListen: Listen & { readonly token?: string };
  readonly storage: StorageKind;
  readonly access: {
    /** `telegram:123`, a name of `people`, or `telegram:*`, `slack:T1/*` for everybody there. `*`: anyone. */
    readonly users: '*' | readonly string[];
    readonly admins: readonly string[];
    /** Whether groups are answered, or which (`telegram:-100123`). Absent: all. */
    readonly groups?: boolean | readonly string[];
    /** By server, in the words of `users`: for whom it is there, besides admins. Absent: for all who may. */
    readonly servers?: Readonly<Record<string, readonly string[]>>;
  };
  /** Joins one person's accounts: name → actor ids. */
  readonly people: Readonly<Record<string, readonly string[]>>;
  /** Over the defaults (`limits.ts`). `off`: without one. */
  readonly limits?: Readonly<Partial<Record<LimitName, Rate | 'off'>>>;
  /** How long the audit is kept; absent: 90 days; `off`: there is none. */
  readonly auditRetentionMs?: number | 'off';
  /** Addresses and ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies?: readonly string[];
  readonly security: {
    readonly confirm: 'auto' | 'always';
    readonly signInLifetimeMs: number;
    /** Host names or addresses that metadata may name although they are private. */
    readonly allowPrivateHosts: readonly string[];
    /** The first seals the records, all open them; without any, a key file in the state folder is made on first start. */
    readonly encryptionKeys?: readonly string[];
  };
  readonly platforms: {
    readonly telegram?: {
      readonly token: string;
      readonly mode: 'polling' | 'webhook';
      /** No trailing slash. */
      readonly apiRoot: string;
      /** Whether the gateway puts `/mcp` into the bot's command list. */
      readonly commands: boolean;
    };
    readonly slack?: {
      /** One for each workspace, or for each organisation. */
      readonly botTokens: readonly string[];
      readonly mode: 'socket' | 'http';
      /** Present in `socket` mode. */
      readonly appToken?: string;
      /** Present in `http` mode. */
      readonly signingSecret?: string;
      /** No trailing slash. */
      readonly apiRoot: string;
      /** Where the bot answers, besides in private chats. Absent: everywhere. */
      readonly workspaces?: readonly string[];
      readonly channels?: readonly string[];
    };
    readonly discord?: {
      readonly token: string;
      readonly mode: 'gateway' | 'http';
      /** No trailing slash. */
      readonly apiRoot: string;
      /** Whether the gateway registers `/mcp`. */
      readonly commands: boolean;
      /** Where the bot answers, besides in private chats. Absent: everywhere. */
      readonly guilds?: readonly string[];
      readonly channels?: readonly string[];
    };
    /** `people`: names that a visitor may pick from; else each browser profile is a person of its own. */
    readonly web?: { readonly people?: readonly string[] };
  };
  readonly servers: readonly Server[];
  readonly log: { readonly level: LogLevel };
}
