import { membersOf } from '../../common/payload.js';
import type { Inbound } from '../types.js';
import { readCommand } from './read-command.js';
import { type Bots, readEvent } from './read-event.js';
import { readPress } from './read-press.js';
import { isOurForm, readSubmission } from './read-submission.js';

/**
 * What a payload means for the gateway, by whichever door it came; undefined where it is not for us. Never throws,
 * whatever the payload is.
 *
 * @param bots the user ids by which the app is mentioned
 */
export function readPayload(payload: unknown, bots: Bots): Inbound | undefined {
  const body = membersOf(payload);
  if (body.command !== undefined) return readCommand(body);
  switch (body.type) {
    case 'event_callback':
      return readEvent(body, bots);
    case 'block_actions':
      return readPress(body);
    case 'view_submission':
      return readSubmission(body);
    case 'view_closed':
      return isOurForm(body.view) ? { kind: 'nothing' } : undefined;
    default:
      return undefined;
  }
}
