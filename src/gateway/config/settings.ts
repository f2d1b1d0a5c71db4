import type { KeyVariable, OAuthSettings, Server } from '../../auth/types.js';
import type { Settings } from '../settings.js';
import { OAUTH_KEYS } from './oauth-schema.js';
import type { ConfigWords } from './schema.js';
import type { ServerBlock } from './server-schema.js';
import { readStorage } from './storage-rules.js';
import { type Environment, folderPath, readLifetimeMs, readListen, readRate, readSpanMs } from './values.js';

export interface SettingsContext {
  /** Where relative folders start. */
  readonly configFolder: string;
  readonly environment: Environment;
  readonly keys: ReadonlyMap<string, readonly KeyVariable[]>;
}

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Only the members that have a value: absent and undefined are not the same to `exactOptionalPropertyTypes`. */
function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}

/** The rules have passed by now: what can't be read here is a defect of ours, not the operator's. */
function readable<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`The config's ${what} passed its rules and cannot be read`);
  return value;
}

function texts(
  record: Readonly<Record<string, string | number | boolean>> = {},
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
}

function textOf(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof value === 'string' ? [value] : value;
}

function oauthSettings(block: NonNullable<ServerBlock['oauth']> = {}): OAuthSettings {
  const extra = Object.entries(block).filter(([key]) => !OAUTH_KEYS.includes(key));
  return {
    ...given({
      clientId: textOf(block.client_id),
      clientSecret: textOf(block.client_secret),
      scope: block.scope,
      clientName: block.client_name,
      clientMetadataUrl: block.client_metadata_url,
      metadataDocument: block.cimd,
      tokenEndpointAuthMethod: block.token_endpoint_auth_method,
      privateKey: block.private_key,
      signingAlg: block.signing_alg,
      issuer: block.issuer,
      redirectUri: block.redirect_uri,
      redirectPort: block.redirect_port === 0 ? undefined : block.redirect_port,
      timeoutMs: milliseconds(block.timeout),
      flow: block.flow === 'auto' ? undefined : block.flow,
    }),
    authorizeParameters: Object.fromEntries(extra.map(([key, value]) => [key, String(value)])),
  };
}

function server(name: string, block: ServerBlock, context: SettingsContext): Server {
  const common = {
    name,
    enabled: block.enabled,
    // A service account is nobody's own.
    credentials: block.auth === 'client_credentials' ? 'shared' : block.credentials,
    timeoutMs: Math.round(block.timeout * 1000),
    connectTimeoutMs: Math.round(block.connect_timeout * 1000),
    tools: given({ include: listOf(block.tools?.include), exclude: listOf(block.tools?.exclude) }),
    keys: context.keys.get(name) ?? [],
  };
  if (block.command !== undefined) {
    const { cwd } = block;
    return {
      ...common,
      kind: 'stdio',
      command: block.command,
      args: (block.args ?? []).map(String),
      env: texts(block.env),
      ...(cwd === undefined ? {} : { cwd: folderPath(cwd, context.configFolder, context.environment) }),
    };
  }
  return {
    ...common,
    kind: block.transport === 'sse' ? 'sse' : 'http',
    url: readable(block.url, `mcp_servers.${name}.url`),
    ...given({ auth: block.auth }),
    oauth: oauthSettings(block.oauth),
    headers: texts(block.headers),
  };
}

function localListen(words: ConfigWords['local_listen']): Settings['localListen'] {
  const { address, token } = typeof words === 'string' ? { address: words } : words;
  return { ...readable(readListen(address), 'local_listen'), ...given({ token }) };
}

function access({ access: words, mcp_servers: servers }: ConfigWords): Settings['access'] {
  const lists = Object.entries(servers).flatMap(([name, { allow }]) =>
    allow ? [[name, allow] as const] : [],
  );
  const { users, admins, groups } = words;
  return {
    users,
    admins,
    ...(groups === true ? {} : { groups }),
    ...(lists.length === 0 ? {} : { servers: Object.fromEntries(lists) }),
  };
}

function limits(words: ConfigWords['limits']): Pick<Settings, 'limits'> {
  const rates = Object.entries(given(words)).map(
    ([name, rate]) => [name, readable(readRate(rate), `limits.${name}`)] as const,
  );
  return rates.length === 0 ? {} : { limits: Object.fromEntries(rates) };
}

function audit(retention: string): Pick<Settings, 'auditRetentionMs'> {
  if (retention === '90d') return {};
  return {
    auditRetentionMs: retention === 'off' ? retention : readable(readSpanMs(retention), 'audit.retention'),
  };
}

function security(words: ConfigWords['security']): Settings['security'] {
  return {
    confirm: words.confirm,
    signInLifetimeMs: readable(readLifetimeMs(words.sign_in_lifetime), 'security.sign_in_lifetime'),
    allowPrivateHosts: words.allow_private_hosts,
    ...given({ encryptionKeys: listOf(words.encryption_key) }),
  };
}

function telegram(words: ConfigWords['platforms']['telegram']): Settings['platforms']['telegram'] {
  if (words === undefined || !words.enabled) return undefined;
  const { mode, commands } = words;
  const token = readable(words.token, 'platforms.telegram.token');
  return { token, mode, apiRoot: words.api_root.replace(/\/+$/, ''), commands };
}

function slack(words: ConfigWords['platforms']['slack']): Settings['platforms']['slack'] {
  if (words === undefined || !words.enabled) return undefined;
  return {
    botTokens: readable(listOf(words.bot_token), 'platforms.slack.bot_token'),
    mode: words.mode,
    apiRoot: words.api_root.replace(/\/+$/, ''),
    ...given({
      appToken: words.app_token,
      signingSecret: words.signing_secret,
      workspaces: words.workspaces,
      channels: words.channels,
    }),
  };
}

function discord(words: ConfigWords['platforms']['discord']): Settings['platforms']['discord'] {
  if (words === undefined || !words.enabled) return undefined;
  return {
    token: readable(words.token, 'platforms.discord.token'),
    mode: words.mode,
    apiRoot: words.api_root.replace(/\/+$/, ''),
    commands: words.commands,
    ...given({ guilds: words.guilds, channels: words.channels }),
  };
}

function platforms(words: ConfigWords['platforms']): Settings['platforms'] {
  const web = words.web?.enabled ? given({ people: words.web.people }) : undefined;
  return given({
    telegram: telegram(words.telegram),
    slack: slack(words.slack),
    discord: discord(words.discord),
    web,
  });
}

/** The config's words, all rules passed, as the rest of the gateway wants them. */
export function settingsOf(words: ConfigWords, context: SettingsContext): Settings {
  return {
    ...given({ publicUrl: words.public_url?.replace(/\/+$/, '') }),
    listen: readable(readListen(words.listen), 'listen'),
    localListen: localListen(words.local_listen),
    storage: readable(readStorage(words.storage, context.configFolder, context.environment), 'storage'),
    access: access(words),
    people: words.people,
    ...limits(words.limits),
    ...audit(words.audit.retention),
    ...(words.trusted_proxies.length === 0 ? {} : { trustedProxies: words.trusted_proxies }),
    security: security(words.security),
    platforms: platforms(words.platforms),
    servers: Object.entries(words.mcp_servers).map(([name, block]) => server(name, block, context)),
    log: words.log,
  };
}
