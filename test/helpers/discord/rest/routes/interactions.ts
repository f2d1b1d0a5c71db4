import { readDraft } from '../../checks/message.js';
import type { Fields } from '../../face.js';
import { answerInteraction, say } from '../../interactions/answering.js';
import type { Interaction } from '../../interactions/interaction.js';
import {
  invalidWebhookToken,
  Refusal,
  unknownInteraction,
  unknownMessage,
  unknownWebhook,
} from '../../refusal.js';
import type { Message } from '../../shapes.js';
import { wireMessage } from '../../wire/messages.js';
import { type Answer, type Call, NO_CONTENT, ok, param, type Route } from '../call.js';

const MAX_FOLLOWUPS_BY_USER_INSTALL = 5;

function callback(call: Call): Answer {
  const { platform, query, body } = call;
  const interaction = platform.interactions.withId(param(call, 0));
  if (interaction === undefined || interaction.token !== param(call, 1)) throw unknownInteraction();
  const message = answerInteraction(platform, interaction, body);
  if (!['true', '1'].includes(query.get('with_response') ?? '')) return NO_CONTENT;
  const { id, type, original } = interaction;
  return ok({
    interaction: {
      id,
      type,
      ...(original === undefined ? {} : responseOf(original)),
    },
    resource: {
      type: body.at('type').value,
      ...(message === undefined ? {} : { message: wireMessage(message, platform.messages.look) }),
    },
  });
}

const responseOf = ({ id, loadingUntilMs, receiver }: Message): Fields => ({
  response_message_id: id,
  response_message_loading: loadingUntilMs !== undefined,
  response_message_ephemeral: receiver !== undefined,
});

/** The interaction whose token is in the path, if it can still be used: acknowledged, and not 15 minutes old. */
function acknowledged(call: Call): Interaction {
  const { application, interactions } = call.platform;
  if (param(call, 0) !== application.id) throw unknownWebhook();
  const interaction = interactions.withToken(param(call, 1));
  if (interaction === undefined || interactions.hasExpired(interaction)) throw invalidWebhookToken();
  if (interaction.state !== 'acknowledged') throw unknownWebhook();
  return interaction;
}

function messageOf(call: Call): Message {
  const { original, followups } = acknowledged(call);
  const id = call.params[2];
  const all = original === undefined ? followups : [original, ...followups];
  const found = id === undefined ? original : all.find((one) => one.id === id);
  if (found === undefined || found.deleted) throw unknownMessage();
  return found;
}

function followUp(call: Call): Answer {
  const interaction = acknowledged(call);
  const { platform, body } = call;
  const { original, followups, owners } = interaction;
  const draft = readDraft(body);
  if (original?.loadingUntilMs !== undefined) {
    // Right after a deferral this is the edit of "is thinking…", whatever its flags say.
    platform.messages.edit(original, draft);
    return ok(wireMessage(original, platform.messages.look));
  }
  if (owners['0'] === undefined && followups.length >= MAX_FOLLOWUPS_BY_USER_INSTALL)
    throw new Refusal(400, 40094, 'This interaction has hit the maximum number of follow up messages');
  const message = say(platform, interaction, draft, {
    metadata: original === undefined ? {} : { original_response_message_id: original.id },
  });
  followups.push(message);
  return ok(wireMessage(message, platform.messages.look));
}

function edit(call: Call): Answer {
  const message = messageOf(call);
  call.platform.messages.edit(message, readDraft(call.body, message));
  return get(call);
}

function get(call: Call): Answer {
  return ok(wireMessage(messageOf(call), call.platform.messages.look));
}

function remove(call: Call): Answer {
  call.platform.messages.delete(messageOf(call));
  return NO_CONTENT;
}

const onMessages = (method: string, answer: (call: Call) => Answer): readonly Route[] =>
  ['@original', ':id'].map((which) => ({
    name: `${method} /webhooks/:app/:token/messages/${which}`,
    needsBot: false,
    answer,
  }));

export const INTERACTIONS: readonly Route[] = [
  { name: 'POST /interactions/:id/:token/callback', needsBot: false, answer: callback },
  { name: 'POST /webhooks/:app/:token', needsBot: false, answer: followUp },
  ...onMessages('GET', get),
  ...onMessages('PATCH', edit),
  ...onMessages('DELETE', remove),
];
