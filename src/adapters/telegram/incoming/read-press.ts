import { membersOf, positiveOf, textOf } from '../../common/payload.js';
import { decodeData } from '../outgoing/callback-data.js';
import { readShownButtons } from '../outgoing/shown-buttons.js';
import type { Inbound } from '../types.js';
import { readActor } from './people.js';
import { readPlace, readTyped } from './places.js';

type Press = Extract<Inbound, { readonly kind: 'press' }>;
type Where = Pick<Press, 'place' | 'on' | 'owner' | 'buttons'>;
type Message = { readonly [name: string]: unknown };

const QUERY_ID = /^[\w-]{1,64}$/;

/** A pressed button of ours: others' data (a host bot's own buttons, a game) is not for us. */
export function readPress(updateId: number, query: Message): Press | undefined {
  const actor = readActor(query.from);
  const queryId = textOf(query.id);
  const data = textOf(query.data);
  if (actor === undefined || queryId === undefined || data === undefined) return undefined;
  if (!QUERY_ID.test(queryId) || decodeData(data) === undefined) return undefined;
  const message = membersOf(query.message);
  if (message.business_connection_id !== undefined) return undefined;
  return { kind: 'press', updateId, actor, queryId, data, ...whereOf(message) };
}

/** A message too old to be shown (`date` 0) still has its chat and id; one sent through inline mode has neither. */
function whereOf(message: Message): Where {
  const place = readPlace(message);
  const on = readTyped(message);
  if (place === undefined || on === undefined) return {};
  const owner = place.kind === 'private' ? place.chat : receiverOf(message);
  const buttons = readShownButtons(membersOf(message.reply_markup).inline_keyboard);
  return {
    place,
    on,
    ...(owner === undefined ? {} : { owner }),
    ...(buttons === undefined ? {} : { buttons }),
  };
}

/** Of an ephemeral message: everybody in the group sees any other. */
function receiverOf({
  ephemeral_message_id: ephemeral,
  receiver_user: receiver,
}: Message): number | undefined {
  return positiveOf(ephemeral) === undefined ? undefined : positiveOf(membersOf(receiver).id);
}
