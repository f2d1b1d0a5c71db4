import { membersOf, textOf } from '../../common/payload.js';
import { readBlockId, readValue } from '../outgoing/button-data.js';
import { isId, isTs, isUserId } from '../refs.js';
import type { Inbound, Pressed, Speaker } from '../types.js';
import { homeOf } from './home.js';

type Members = { readonly [name: string]: unknown };

/** A pressed button of ours: others' actions (a host app's own buttons) are not for us. */
export function readPress(body: Members): Inbound | undefined {
  const action = membersOf(Array.isArray(body.actions) ? body.actions[0] : undefined);
  const block = readBlockId(action.block_id);
  if (block === undefined) return undefined;
  const meaning = readValue(action.value);
  const message = readMessage(body, block, textOf(action.block_id));
  const triggerId = textOf(body.trigger_id);
  const speaker = readUser(body.user);
  if (meaning === undefined || message === undefined || triggerId === undefined || speaker === undefined)
    return { kind: 'nothing' };
  const responseUrl = textOf(body.response_url);
  return {
    kind: 'press',
    deliveryId: triggerId,
    home: homeOfInteraction(body),
    speaker,
    meaning,
    label: textOf(membersOf(action.text).text) ?? '',
    message,
    triggerId,
    ...(responseUrl === undefined ? {} : { responseUrl }),
  };
}

/** Always with a team: who presses may be of another workspace than the message. */
export function readUser(user: unknown): Speaker | undefined {
  const { id, username, name, team_id: team } = membersOf(user);
  if (!isUserId(id) || !isId(team)) return undefined;
  const handle = textOf(username) ?? textOf(name);
  return { userId: id, team, ...(handle === undefined ? {} : { name: handle }) };
}

export function homeOfInteraction(body: Members, installedTeam?: unknown): ReturnType<typeof homeOf> {
  const team = membersOf(body.team);
  const enterprise = membersOf(body.enterprise).id ?? team.enterprise_id;
  return homeOf(installedTeam ?? team.id, enterprise, body.is_enterprise_install);
}

function readMessage(
  body: Members,
  { id, owner }: Pick<Pressed, 'id' | 'owner'>,
  blockId: string | undefined,
): Pressed | undefined {
  const container = membersOf(body.container);
  const { channel_id: channel, message_ts: ts, thread_ts: thread } = container;
  if (!isId(channel) || !isTs(ts)) return undefined;
  const ephemeral = container.is_ephemeral === true;
  const genuine = ephemeral || (channel.startsWith('D') && holds(body.message, blockId));
  return {
    id,
    owner: genuine ? owner : '',
    channel,
    ts,
    ...(isTs(thread) ? { thread } : {}),
    ephemeral,
  };
}

/** What was pressed comes from the client; which message it was on, from Slack: a button that is not on it was made up. */
function holds(message: unknown, blockId: string | undefined): boolean {
  const { blocks } = membersOf(message);
  return !Array.isArray(blocks) || blocks.some((block) => membersOf(block).block_id === blockId);
}
