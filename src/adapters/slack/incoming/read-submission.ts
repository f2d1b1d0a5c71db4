import { membersOf, textOf } from '../../common/payload.js';
import { FORM } from '../outgoing/button-data.js';
import type { Inbound } from '../types.js';
import { homeOfInteraction, readUser } from './read-press.js';

type Members = { readonly [name: string]: unknown };

export function isOurForm(view: unknown): boolean {
  return membersOf(view).callback_id === FORM;
}

/** A form of ours that was filled in: others' are not for us. */
export function readSubmission(body: Members): Inbound | undefined {
  if (!isOurForm(body.view)) return undefined;
  const { id, private_metadata: metadata, state, app_installed_team_id: installed } = membersOf(body.view);
  const viewId = textOf(id);
  const speaker = readUser(body.user);
  if (viewId === undefined || speaker === undefined) return { kind: 'nothing' };
  return {
    kind: 'submission',
    deliveryId: `view/${viewId}`,
    home: homeOfInteraction(body, installed ?? undefined),
    speaker,
    viewId,
    metadata: parsed(textOf(metadata)),
    values: readValues(membersOf(state).values),
  };
}

/** By block: each holds one input. What was left empty is `null` there. */
function readValues(values: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(membersOf(values)).map(([block, actions]) => {
    const [input] = Object.values(membersOf(actions));
    return [block, textOf(membersOf(input).value) ?? ''] as const;
  });
  return Object.fromEntries(entries);
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
