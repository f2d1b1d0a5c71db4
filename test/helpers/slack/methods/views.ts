import { withIds } from '../blocks.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import type { Fields, Installation, OpenView } from '../shapes.js';
import { objectsIn, textIn } from '../shapes.js';
import type { Trigger } from '../triggers.js';
import { requireModal } from '../views.js';
import { wireView } from '../wire.js';
import type { Method, MethodContext } from './method.js';

/** A person can have three modals one above the other. */
const DEEPEST = 3;

function viewOf({ params }: MethodContext): Fields {
  const view = params.object('view');
  if (view === undefined) throw new Refusal('invalid_arguments');
  requireModal(view);
  return view;
}

/** As Slack keeps it: with ids, and with what was left out. */
export function kept(platform: Platform, view: Fields): Fields {
  const { title, submit = null, close = null, callback_id = '', private_metadata = '' } = view;
  return {
    type: 'modal',
    title,
    submit,
    close,
    callback_id,
    private_metadata,
    external_id: view.external_id ?? '',
    clear_on_close: view.clear_on_close === true,
    notify_on_close: view.notify_on_close === true,
    blocks: withIds(objectsIn(view.blocks), () => platform.ids.blockId()),
  };
}

const newHash = ({ ids, now }: Platform): string => `${Math.floor(now() / 1000)}.${ids.secret(4)}`;

/** Shows a view to the person, on top of what they have open or in place of it. */
export function show(platform: Platform, trigger: Trigger, view: Fields, onTopOf?: OpenView): OpenView {
  const { account, installation, team } = trigger;
  const id = platform.ids.next('V');
  const open: OpenView = {
    id,
    account,
    installation,
    team,
    rootId: onTopOf?.rootId ?? id,
    previousId: onTopOf?.id,
    view: kept(platform, view),
    hash: newHash(platform),
    values: {},
    errors: {},
  };
  if (onTopOf === undefined) account.modals.length = 0;
  account.modals.push(open);
  platform.views.set(id, open);
  return open;
}

export function replaceView(platform: Platform, open: OpenView, view: Fields): void {
  open.view = kept(platform, view);
  open.hash = newHash(platform);
  open.errors = {};
  open.values = {};
}

function exchanged({ platform, installation, params }: MethodContext): Trigger {
  return platform.triggers.exchange(params.required('trigger_id'), installation);
}

function open(context: MethodContext): Fields {
  const view = viewOf(context);
  const { platform } = context;
  return { view: wireView(show(platform, exchanged(context), view), platform) };
}

function push(context: MethodContext): Fields {
  const view = viewOf(context);
  const trigger = exchanged(context);
  const { within, account } = trigger;
  if (within === undefined || !account.modals.includes(within)) throw new Refusal('view_not_found');
  if (account.modals.length >= DEEPEST) throw new Refusal('push_limit_reached');
  return { view: wireView(show(context.platform, trigger, view, within), context.platform) };
}

function byId(platform: Platform, installation: Installation, id: string, external: string): OpenView {
  const views = [...platform.views.values()].filter((one) => one.installation === installation);
  const found = views.find((one) => one.id === id || (external !== '' && one.view.external_id === external));
  if (found === undefined || !found.account.modals.includes(found)) throw new Refusal('not_found');
  return found;
}

function update(context: MethodContext): Fields {
  const { platform, installation, params } = context;
  const view = viewOf(context);
  const found = byId(
    platform,
    installation,
    textIn(params.text('view_id')),
    textIn(params.text('external_id')),
  );
  const hash = params.text('hash');
  if (hash !== undefined && hash !== found.hash) throw new Refusal('hash_conflict');
  replaceView(platform, found, view);
  return { view: wireView(found, platform) };
}

export const viewMethods: Readonly<Record<string, Method>> = {
  'views.open': { scopes: [], json: true, run: open },
  'views.push': { scopes: [], json: true, run: push },
  'views.update': { scopes: [], json: true, run: update },
};
