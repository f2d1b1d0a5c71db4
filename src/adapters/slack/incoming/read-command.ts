import { textOf } from '../../common/payload.js';
import { isId, isUserId } from '../refs.js';
import type { Inbound } from '../types.js';
import { homeOf } from './home.js';
import { wordsOf } from './slack-text.js';

type Members = { readonly [name: string]: unknown };

/**
 * `/mcp …`. Only members of a workspace can run the commands of an app that is installed there: also in a channel that is
 * shared with others, so that `team_id` is theirs (docs.slack.dev/apis/slack-connect).
 */
export function readCommand(body: Members): Inbound | undefined {
  if (textOf(body.command)?.toLowerCase() !== '/mcp') return undefined;
  const { user_id: userId, channel_id: channel, trigger_id: triggerId } = body;
  const deliveryId = textOf(triggerId);
  const home = homeOf(body.team_id, body.enterprise_id, body.is_enterprise_install);
  if (!isUserId(userId) || !isId(channel) || deliveryId === undefined || home.team === undefined)
    return undefined;
  const name = textOf(body.user_name);
  const responseUrl = textOf(body.response_url);
  return {
    kind: 'command',
    deliveryId,
    home,
    speaker: { userId, ...(name === undefined ? {} : { name }) },
    words: wordsOf(textOf(body.text) ?? ''),
    channel,
    ...(responseUrl === undefined ? {} : { responseUrl }),
  };
}
