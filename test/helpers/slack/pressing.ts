import type { Pressed } from './face.js';
import type { ShownButton } from './face-shown.js';
import { type Client, teamOf } from './interaction.js';
import { shownModal } from './modals.js';
import { buttonsIn } from './rendering.js';
import {
  type Fields,
  type Installation,
  isInstallation,
  type OpenView,
  type StoredMessage,
} from './shapes.js';
import { channelName, wireActor, wireEnterprise, wireMessage, wireTeam, wireView } from './wire.js';

/** The button as it stands in the message, plus when it was pressed. */
export function actionOf({ platform }: Client, { label, ...button }: ShownButton): Fields {
  const { actionId, blockId, ...rest } = button;
  return {
    type: 'button',
    action_id: actionId,
    block_id: blockId,
    text: { type: 'plain_text', text: label, emoji: true },
    ...rest,
    action_ts: platform.ids.ts(),
  };
}

function common(client: Client, installation: Installation, action: Fields): Fields {
  const { platform, account, team } = client;
  return {
    type: 'block_actions',
    user: wireActor(account, team),
    api_app_id: platform.appId,
    token: platform.verificationToken,
    enterprise: wireEnterprise(installation),
    is_enterprise_install: installation.orgWide,
    actions: [action],
  };
}

/** `team` is that of the app that posted, whoever presses: the presser's stands in `user` (java-slack-sdk#1041). */
function messagePayload(
  client: Client,
  installation: Installation,
  message: StoredMessage,
  action: Fields,
): Fields {
  const { platform, account } = client;
  const { conversation, ts, ephemeralFor, threadTs } = message;
  const team = teamOf(client, installation, conversation);
  const grant = { kind: 'actions', installation, team, account, conversation, message } as const;
  return {
    ...common(client, installation, action),
    team: installation.orgWide ? null : wireTeam(team),
    container: {
      type: 'message',
      message_ts: ts,
      channel_id: conversation.id,
      is_ephemeral: ephemeralFor !== undefined,
      ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    },
    channel: { id: conversation.id, name: channelName(conversation) },
    // The platform keeps nothing of an ephemeral message that it could send along.
    ...(ephemeralFor === undefined ? { message: { ...wireMessage(message, platform), team: team.id } } : {}),
    state: { values: {} },
    trigger_id: platform.triggers.issue({ account, installation, team }),
    response_url: platform.responseUrls.issue(grant),
  };
}

function viewPayload(client: Client, open: OpenView, action: Fields): Fields {
  const { installation, team, account } = open;
  return {
    ...common(client, installation, action),
    team: installation.orgWide ? null : wireTeam(team),
    container: { type: 'view', view_id: open.id },
    view: wireView(open, client.platform),
    trigger_id: client.platform.triggers.issue({ account, installation, team, within: open }),
  };
}

async function sent(client: Client, payload: Fields): Promise<Pressed> {
  const before = client.account.modals.at(-1);
  const { ackedAfterMs } = await client.delivery.send({ kind: 'interactive', payload });
  const top = client.account.modals.at(-1);
  return {
    acknowledged: ackedAfterMs !== undefined,
    ...(top === undefined || top === before ? {} : { modal: shownModal(top, client.platform) }),
  };
}

/** A press on a message. A url button opens its address, and tells the app all the same. */
export async function pressOn(client: Client, message: StoredMessage, action: Fields): Promise<Pressed> {
  const { sender } = message;
  if (!isInstallation(sender)) throw new Error('only an app has buttons');
  const pressed = await sent(client, messagePayload(client, sender, message, action));
  return typeof action.url === 'string' ? { ...pressed, url: action.url } : pressed;
}

export async function pressInModal(client: Client, open: OpenView, button: ShownButton): Promise<Pressed> {
  const pressed = await sent(client, viewPayload(client, open, actionOf(client, button)));
  return button.url === undefined ? pressed : { ...pressed, url: button.url };
}

export function modalButton(open: OpenView, label: string): ShownButton | undefined {
  const blocks = Array.isArray(open.view.blocks) ? (open.view.blocks as readonly Fields[]) : [];
  return buttonsIn(blocks).find((one) => one.label === label);
}
