import { contentOf, plainContent } from './content.js';
import type { Typed } from './face.js';
import type { Delivered } from './face-delivery.js';
import { type Client, ownApp } from './interaction.js';
import { Params } from './params.js';
import { Refusal } from './refusal.js';
import { type Conversation, type Fields, type Installation, isFields } from './shapes.js';
import { channelName } from './wire.js';

/** docs.slack.dev/interactivity/implementing-slash-commands: the text as typed, its three entities escaped. */
function payloadOf(
  { platform, account, team }: Client,
  installation: Installation,
  command: string,
  text: string,
  conversation: Conversation,
): Fields {
  const grant = { kind: 'commands', installation, team, account, conversation } as const;
  return {
    token: platform.verificationToken,
    team_id: team.id,
    team_domain: team.domain,
    ...(team.enterpriseId === undefined ? {} : { enterprise_id: team.enterpriseId, enterprise_name: 'Org' }),
    channel_id: conversation.id,
    channel_name: channelName(conversation),
    user_id: account.id,
    user_name: account.name,
    command,
    text: text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    api_app_id: platform.appId,
    is_enterprise_install: String(installation.orgWide),
    response_url: platform.responseUrls.issue(grant),
    trigger_id: platform.triggers.issue({ account, installation, team }),
  };
}

/** What came with the acknowledgement is shown at once, and uses nothing of the response_url. */
function showAnswer(
  { platform, account }: Client,
  installation: Installation,
  conversation: Conversation,
  answer: Fields,
) {
  const params = new Params(answer);
  platform.messages.add({
    conversation,
    sender: installation,
    content: contentOf(params),
    ephemeralFor: params.text('response_type') === 'in_channel' ? undefined : account,
  });
}

function slackbotSays({ platform, account }: Client, conversation: Conversation, text: string): void {
  platform.messages.add({
    conversation,
    sender: 'slackbot',
    content: plainContent(text),
    ephemeralFor: account,
  });
}

function errorOf(
  client: Client,
  installation: Installation,
  conversation: Conversation,
  sent: Delivered,
): string | undefined {
  if (sent.error !== undefined) return sent.error;
  if (!isFields(sent.answer)) return undefined;
  try {
    showAnswer(client, installation, conversation, sent.answer);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return 'invalid_command_response';
    throw error;
  }
}

export async function runCommand(
  client: Client,
  command: string,
  text: string,
  conversation: Conversation,
): Promise<Typed> {
  const installation = ownApp(client);
  if (installation === undefined) throw new Error('the app is not installed here');
  const payload = payloadOf(client, installation, command, text, conversation);
  const sent = await client.delivery.send({ kind: 'slash_commands', payload });
  const error = errorOf(client, installation, conversation, sent);
  if (error === undefined) return { kind: 'command' };
  slackbotSays(client, conversation, `${command} failed with the error "${error}"`);
  return { kind: 'command', error };
}
