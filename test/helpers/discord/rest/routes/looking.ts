import type { Fields } from '../../face.js';
import { notFound, Refusal, unknownGuild, unknownUser } from '../../refusal.js';
import type { Guild } from '../../shapes.js';
import { wireGuild } from '../../wire/guilds.js';
import { wireMember, wireUser } from '../../wire/users.js';
import { type Call, ok, param, type Route } from '../call.js';

function application({ platform, http }: Call): Fields {
  const { id, name, publicKey, flags } = platform.application;
  return {
    id,
    name,
    icon: null,
    description: '',
    summary: '',
    bot_public: true,
    bot_require_code_grant: false,
    verify_key: publicKey,
    flags,
    flags_new: String(flags),
    owner: { ...wireUser(platform.bot), id: '80351110224678912', username: 'operator', bot: false },
    team: null,
    bot: wireUser(platform.bot),
    redirect_uris: [],
    interactions_endpoint_url: http.url ?? null,
    role_connections_verification_url: null,
    event_webhooks_url: null,
    event_webhooks_status: 1,
    tags: [],
    integration_types_config: { '0': {}, '1': {} },
    approximate_guild_count: botGuilds({ platform }).length,
    approximate_user_install_count: 0,
  };
}

function botGuilds({ platform }: Pick<Call, 'platform'>): readonly Guild[] {
  return [...platform.directory.guilds.values()].filter(({ bot }) => bot);
}

function botGuild(call: Call, id: string): Guild {
  const found = botGuilds(call).find((guild) => guild.id === id);
  if (found === undefined) throw unknownGuild();
  return found;
}

async function patchApplication(call: Call): Promise<ReturnType<typeof ok>> {
  const url = call.body.at('interactions_endpoint_url');
  if (url.value !== undefined) {
    const saved = await call.http.setUrl(url.text());
    if (!saved.saved)
      url.complain(
        'APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID',
        'The specified interactions endpoint URL could not be verified.',
      );
    call.body.refuseIfWrong();
  }
  return ok(application(call));
}

export const LOOKING: readonly Route[] = [
  {
    name: 'GET /gateway',
    needsBot: false,
    answer: ({ gatewayUrl }) => ok({ url: gatewayUrl() }),
  },
  {
    name: 'GET /gateway/bot',
    answer: ({ gatewayUrl, identifies }) =>
      ok({
        url: gatewayUrl(),
        shards: 1,
        session_start_limit: {
          total: 1000,
          remaining: 1000 - identifies(),
          reset_after: 86_400_000,
          max_concurrency: 1,
        },
      }),
  },
  { name: 'GET /applications/@me', answer: (call) => ok(application(call)) },
  { name: 'PATCH /applications/@me', answer: patchApplication },
  { name: 'GET /oauth2/applications/@me', answer: (call) => ok(application(call)) },
  {
    name: 'GET /users/@me',
    answer: ({ platform }) =>
      ok({ ...wireUser(platform.bot), verified: true, mfa_enabled: true, email: null }),
  },
  {
    name: 'GET /users/@me/guilds',
    answer: (call) => ok(botGuilds(call).map(({ id, name }) => ({ id, name, icon: null, owner: false }))),
  },
  {
    name: 'GET /users/:id',
    answer: (call) => {
      const account = call.platform.directory.accounts.get(param(call, 0));
      if (account === undefined) throw unknownUser();
      return ok(wireUser(account));
    },
  },
  {
    name: 'GET /guilds/:id',
    answer: (call) => ok(wireGuild(botGuild(call, param(call, 0)), call.platform.bot)),
  },
  {
    name: 'GET /guilds/:id/members/:id',
    answer: (call) => {
      const guild = botGuild(call, param(call, 0));
      const account = call.platform.directory.accounts.get(param(call, 1));
      if (account === undefined) throw notFound();
      if (account !== call.platform.bot && !guild.members.has(account))
        throw new Refusal(404, 10007, 'Unknown Member');
      return ok({ ...wireMember(account, guild), user: wireUser(account) });
    },
  },
];
