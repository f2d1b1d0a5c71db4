import type { Platform } from './platform.js';
import type { Account, Conversation, Fields, Installation, OpenView, StoredMessage, Team } from './shapes.js';
import { isInstallation } from './shapes.js';

/** `enterprise_id` and the like are not there at all for a workspace outside Enterprise Grid. */
const enterprise = (id: string | undefined): Fields =>
  id === undefined ? {} : { enterprise_id: id, enterprise_name: 'Org' };

export const wireTeam = (team: Team): Fields => ({
  id: team.id,
  domain: team.domain,
  ...enterprise(team.enterpriseId),
});

export const wireEnterprise = ({ enterpriseId }: { readonly enterpriseId: string | undefined }) =>
  enterpriseId === undefined ? null : { id: enterpriseId, name: 'Org' };

/** Who acted: with their home workspace, which need not be that of the installation. */
export const wireActor = (account: Account, team = account.home): Fields => ({
  id: account.id,
  username: account.name,
  name: account.name,
  team_id: team.id,
});

export function wireUser(account: Account, seenFrom: Installation): Fields {
  return {
    id: account.id,
    team_id: account.home.id,
    name: account.name,
    deleted: account.deactivated,
    real_name: account.realName,
    profile: {
      real_name: account.realName,
      display_name: account.displayName,
      real_name_normalized: account.realName,
      display_name_normalized: account.displayName,
      team: account.home.id,
    },
    is_admin: account.admin,
    is_bot: account.isBot,
    is_app_user: false,
    ...(seenFrom.teams.has(account.home) ? {} : { is_stranger: true }),
    ...(account.home.enterpriseId === undefined
      ? {}
      : { enterprise_user: { id: account.id, enterprise_id: account.home.enterpriseId } }),
  };
}

export function wireMessage(message: StoredMessage, { appId }: Platform): Fields {
  const { sender, ts, content, threadTs, edited } = message;
  const from = isInstallation(sender)
    ? { user: sender.bot.userId, bot_id: sender.bot.botId, app_id: appId }
    : { user: sender === 'slackbot' ? 'USLACKBOT' : sender.id };
  return {
    type: 'message',
    ...from,
    ts,
    text: content.text,
    ...(content.blocks.length === 0 ? {} : { blocks: content.blocks }),
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    ...(edited ? { edited: { user: from.user, ts } } : {}),
  };
}

/** The name that payloads give: not that of a private one. */
export function channelName(conversation: Conversation): string {
  if (conversation.kind === 'im') return 'directmessage';
  return conversation.private ? 'privategroup' : conversation.name;
}

export function wireView(open: OpenView, { appId }: Platform): Fields {
  const { view, installation } = open;
  const [team] = installation.teams;
  const values = Object.fromEntries(
    Object.entries(open.values).map(([block, actions]) => [
      block,
      Object.fromEntries(
        Object.entries(actions).map(([action, value]) => [
          action,
          { type: 'plain_text_input', value: value === '' ? null : value },
        ]),
      ),
    ]),
  );
  return {
    ...view,
    id: open.id,
    team_id: open.team.id,
    state: { values },
    hash: open.hash,
    previous_view_id: open.previousId ?? null,
    root_view_id: open.rootId,
    app_id: appId,
    app_installed_team_id: installation.orgWide ? installation.enterpriseId : team?.id,
    bot_id: installation.bot.botId,
  };
}
