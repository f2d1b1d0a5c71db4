import { Refusal } from '../refusal.js';
import type { Conversation, Fields, Installation } from '../shapes.js';
import { wireUser } from '../wire.js';
import type { Method, MethodContext } from './method.js';
import { openDm, visible } from './places.js';

function authTest({ installation, platform }: MethodContext): Fields {
  const [team] = installation.teams;
  const { bot, enterpriseId, orgWide } = installation;
  if (team === undefined) throw new Refusal('invalid_auth');
  return {
    url: `https://${team.domain}.slack.com/`,
    team: team.name,
    user: bot.name,
    team_id: orgWide ? enterpriseId : team.id,
    user_id: bot.userId,
    bot_id: bot.botId,
    app_id: platform.appId,
    ...(enterpriseId === undefined ? {} : { enterprise_id: enterpriseId }),
    is_enterprise_install: orgWide,
  };
}

/** A conversation's kind decides which of the read scopes is needed. */
function requireReadScope(conversation: Conversation, { scopes }: Installation): void {
  const needed =
    conversation.kind === 'im' ? 'im:read' : conversation.private ? 'groups:read' : 'channels:read';
  if (!scopes.includes(needed)) throw new Refusal('missing_scope', { needed, provided: scopes.join(',') });
}

function wireConversation(conversation: Conversation, installation: Installation): Fields {
  if (conversation.kind === 'im')
    return { id: conversation.id, is_im: true, user: conversation.account.id, is_archived: false };
  const shared = conversation.partners.size > 0;
  return {
    id: conversation.id,
    name: conversation.name,
    is_channel: true,
    is_im: false,
    is_private: conversation.private,
    is_archived: conversation.archived,
    is_member: conversation.bots.has(installation),
    is_shared: shared,
    is_ext_shared: shared,
    context_team_id: conversation.host.id,
    ...(shared ? { shared_team_ids: [conversation.host, ...conversation.partners].map(({ id }) => id) } : {}),
  };
}

function read({ platform, installation, params }: MethodContext): Conversation {
  const found = visible(platform, installation, params.required('channel', 'channel_not_found'));
  requireReadScope(found, installation);
  return found;
}

function info(context: MethodContext): Fields {
  return { channel: wireConversation(read(context), context.installation) };
}

function members(context: MethodContext): Fields {
  const found = read(context);
  const bots = found.kind === 'im' ? [found.installation] : [...found.bots];
  const people = found.kind === 'im' ? [found.account] : [...found.members];
  const ids = [...people.map(({ id }) => id), ...bots.map(({ bot }) => bot.userId)];
  return { members: ids, response_metadata: { next_cursor: '' } };
}

function open({ platform, installation, params }: MethodContext): Fields {
  const users = (params.text('users') ?? '').split(',').filter((one) => one !== '');
  const [user] = users;
  if (user === undefined) throw new Refusal('users_list_not_supplied');
  if (users.length > 1) throw new Refusal('missing_scope', { needed: 'mpim:write', provided: '' });
  const before = platform.conversations.size;
  const dm = openDm(platform, installation, user);
  const known = before === platform.conversations.size ? { no_op: true, already_open: true } : {};
  const full = params.flag('return_im') === true ? wireConversation(dm, installation) : { id: dm.id };
  return { ...known, channel: full };
}

function userInfo({ platform, installation, params }: MethodContext): Fields {
  const id = params.required('user', 'user_not_found');
  if (id === installation.bot.userId)
    return { user: { id, name: installation.bot.name, is_bot: true, deleted: false } };
  const account = platform.accountFor(installation, id);
  if (account === undefined) throw new Refusal('user_not_found');
  return { user: wireUser(account, installation) };
}

function teamInfo({ installation, params }: MethodContext): Fields {
  const asked = params.text('team');
  const team = [...installation.teams].find(({ id }) => asked === undefined || id === asked);
  if (team === undefined) throw new Refusal('team_not_found');
  const { id, name, domain, enterpriseId } = team;
  return { team: { id, name, domain, ...(enterpriseId ? { enterprise_id: enterpriseId } : {}) } };
}

export const lookupMethods: Readonly<Record<string, Method>> = {
  'auth.test': { scopes: [], json: true, run: authTest },
  'conversations.info': { scopes: [], json: false, run: info },
  'conversations.members': { scopes: [], json: false, run: members },
  'conversations.open': { scopes: ['im:write'], json: true, run: open },
  'team.info': { scopes: ['team:read'], json: false, run: teamInfo },
  'users.info': { scopes: ['users:read'], json: false, run: userInfo },
};
