import type { Submitted } from './face.js';
import type { Delivered } from './face-delivery.js';
import type { Client } from './interaction.js';
import { replaceView, show } from './methods/views.js';
import { filled, missing, shownModal } from './modals.js';
import { Refusal } from './refusal.js';
import { type Fields, isFields, type OpenView } from './shapes.js';
import { requireModal } from './views.js';
import { wireActor, wireEnterprise, wireTeam, wireView } from './wire.js';

const TROUBLE: Submitted = { kind: 'failed', reason: 'We had some trouble connecting. Try again?' };

/** `team` is the submitter's own; the app's stands in the view as `app_installed_team_id` (bolt-js#1614). */
function payloadOf(client: Client, open: OpenView, type: string): Fields {
  const { platform, account, team } = client;
  const { installation } = open;
  return {
    type,
    team: installation.orgWide ? null : wireTeam(team),
    user: wireActor(account, team),
    api_app_id: platform.appId,
    token: platform.verificationToken,
    view: wireView(open, platform),
    is_enterprise_install: installation.orgWide,
    enterprise: wireEnterprise(installation),
  };
}

function closeView({ account }: Client, open: OpenView): void {
  const at = account.modals.indexOf(open);
  if (at >= 0) account.modals.splice(at, 1);
}

/** The errors by the field's label. An error for what is no field makes the whole answer invalid. */
function showErrors(client: Client, open: OpenView, errors: unknown): Submitted {
  const { inputs } = shownModal(open, client.platform);
  const given = isFields(errors) ? Object.entries(errors) : [];
  const known = given.every(([id]) => inputs.some(({ blockId }) => blockId === id));
  if (given.length === 0 || !known) return TROUBLE;
  open.errors = Object.fromEntries(given.map(([id, text]) => [id, String(text)]));
  const labelled = inputs.flatMap(({ label, blockId }) =>
    open.errors[blockId] === undefined ? [] : [[label, open.errors[blockId]] as const],
  );
  return { kind: 'errors', errors: Object.fromEntries(labelled) };
}

function showView(client: Client, open: OpenView, answer: Fields): Submitted {
  const { view, response_action: action } = answer;
  if (!isFields(view)) return TROUBLE;
  requireModal(view);
  if (action === 'update') replaceView(client.platform, open, view);
  else show(client.platform, open, view, open);
  const top = client.account.modals.at(-1) ?? open;
  return { kind: 'view', modal: shownModal(top, client.platform) };
}

function follow(client: Client, open: OpenView, answer: Fields): Submitted {
  switch (answer.response_action) {
    case 'errors':
      return showErrors(client, open, answer.errors);
    case 'update':
    case 'push':
      return showView(client, open, answer);
    case 'clear':
      client.account.modals.length = 0;
      return { kind: 'closed' };
    default:
      return TROUBLE;
  }
}

function outcome(client: Client, open: OpenView, sent: Delivered): Submitted {
  if (sent.ackedAfterMs === undefined) return TROUBLE;
  if (!isFields(sent.answer)) {
    if (open.view.clear_on_close === true) client.account.modals.length = 0;
    closeView(client, open);
    return { kind: 'closed' };
  }
  try {
    return follow(client, open, sent.answer);
  } catch (error) {
    if (error instanceof Refusal) return TROUBLE;
    throw error;
  }
}

/** Fills the modal in and submits it, if the client lets it. */
export async function submit(
  client: Client,
  open: OpenView,
  values: Readonly<Record<string, string>>,
): Promise<Submitted> {
  open.values = filled(shownModal(open, client.platform), values);
  open.errors = {};
  const errors = missing(shownModal(open, client.platform), open);
  if (Object.keys(errors).length > 0) return { kind: 'errors', errors };
  const payload = {
    ...payloadOf(client, open, 'view_submission'),
    trigger_id: triggerFrom(client, open),
    response_urls: [],
  };
  return outcome(client, open, await client.delivery.send({ kind: 'interactive', payload }));
}

function triggerFrom({ platform, account }: Client, open: OpenView): string {
  const { installation, team } = open;
  return platform.triggers.issue({ account, installation, team, within: open });
}

/** Closes the modal on top. */
export async function dismiss(client: Client, open: OpenView): Promise<void> {
  const cleared = open.view.clear_on_close === true;
  if (cleared) client.account.modals.length = 0;
  closeView(client, open);
  if (open.view.notify_on_close !== true) return;
  const payload = { ...payloadOf(client, open, 'view_closed'), is_cleared: cleared };
  await client.delivery.send({ kind: 'interactive', payload });
}
