import { checkChoice } from '../checks/commands.js';
import { type Draft, numbered, readDraft } from '../checks/message.js';
import { checkModal } from '../checks/modal.js';
import type { Choice, Fields } from '../face.js';
import type { Form } from '../form.js';
import { isFields } from '../form.js';
import type { Platform } from '../platform.js';
import { alreadyAcknowledged, unknownInteraction } from '../refusal.js';
import type { Message } from '../shapes.js';
import { FLAGS } from '../shapes.js';
import { wireUser } from '../wire/users.js';
import { ANSWERS, type Interaction, metadataOf, TOKEN_LIFE_MS, TYPES } from './interaction.js';
import { shownModal } from './modals.js';

/** What may answer what: modals never answer modals, updates need a message, choices need an autocompletion. */
function allowedAnswers({ type, message }: Interaction): readonly number[] {
  const updates = message === undefined ? [] : [ANSWERS.deferredUpdate, ANSWERS.update];
  switch (type) {
    case TYPES.autocomplete:
      return [ANSWERS.choices];
    case TYPES.modal:
      return [ANSWERS.message, ANSWERS.deferred, ...updates];
    default:
      return [ANSWERS.message, ANSWERS.deferred, ...updates, ANSWERS.modal];
  }
}

type Answer = (platform: Platform, interaction: Interaction, data: Form) => Message | undefined;

/** The first answer to an interaction, by whichever way it came. Resolves to the message that came of it. */
export function answerInteraction(
  platform: Platform,
  interaction: Interaction,
  body: Form,
): Message | undefined {
  const { interactions } = platform;
  if (interactions.hasFailed(interaction)) throw unknownInteraction();
  if (interaction.state === 'acknowledged') throw alreadyAcknowledged();
  body.object();
  const type = body.at('type');
  if (type.required()) type.oneOf(allowedAnswers(interaction));
  body.refuseIfWrong();
  const answer = ANSWERING.get(Number(type.value));
  const message = answer?.(platform, interaction, body.at('data'));
  interaction.state = 'acknowledged';
  interaction.answer = Number(type.value);
  return message;
}

const ANSWERING: ReadonlyMap<number, Answer> = new Map<number, Answer>([
  [ANSWERS.message, answerWithMessage],
  [ANSWERS.deferred, defer],
  [ANSWERS.deferredUpdate, (_platform, interaction) => remember(interaction, interaction.message)],
  [ANSWERS.update, update],
  [ANSWERS.choices, offerChoices],
  [ANSWERS.modal, openModal],
]);

function remember(interaction: Interaction, message: Message | undefined): undefined {
  if (message !== undefined) interaction.original = message;
  return undefined;
}

/** A new message of the bot that an interaction brings about. */
export function say(
  platform: Platform,
  interaction: Interaction,
  draft: Draft,
  how: { readonly loading?: boolean; readonly metadata?: Fields } = {},
): Message {
  const { account, channel, message, madeAtMs } = interaction;
  return platform.messages.create(channel, platform.bot, draft, {
    ...((draft.flags & FLAGS.ephemeral) === 0 ? {} : { receiver: account }),
    ...(message === undefined ? {} : { replyTo: message }),
    ...(how.loading === true ? { loadingUntilMs: madeAtMs + TOKEN_LIFE_MS } : {}),
    metadata: { ...metadataOf(interaction, wireUser(account)), ...how.metadata },
  });
}

function answerWithMessage(platform: Platform, interaction: Interaction, data: Form): Message {
  const message = say(platform, interaction, readDraft(data));
  interaction.original = message;
  return message;
}

function defer(platform: Platform, interaction: Interaction, data: Form): undefined {
  const flags = data.at('flags').integer() ?? 0;
  if ((flags & ~FLAGS.ephemeral) !== 0)
    data.at('flags').complain('MESSAGE_FLAGS_INVALID', 'Only EPHEMERAL can be set when deferring');
  data.refuseIfWrong();
  const empty: Draft = { content: '', embeds: [], components: [], flags, allowedMentions: undefined };
  interaction.original = say(platform, interaction, empty, { loading: true });
}

function update(platform: Platform, interaction: Interaction, data: Form): Message | undefined {
  const { message } = interaction;
  if (message === undefined) return undefined;
  if (data.given) platform.messages.edit(message, readDraft(data, message));
  interaction.original = message;
  return message;
}

function offerChoices(_: Platform, interaction: Interaction, data: Form): undefined {
  const choices = data.at('choices');
  if (choices.required())
    for (const choice of choices.items({ max: 25 })) checkChoice(choice, focusedType(interaction));
  data.refuseIfWrong();
  interaction.choices = choices.items().flatMap(({ value }) => (isFields(value) ? [asChoice(value)] : []));
}

const asChoice = ({ name, value }: Fields): Choice => ({
  name: String(name),
  value: typeof value === 'number' ? value : String(value),
});

function focusedType({ payload }: Interaction): unknown {
  const { data } = payload;
  const options = isFields(data) ? optionsWithin(data.options) : [];
  return options.find(({ focused }) => focused === true)?.type;
}

function optionsWithin(options: unknown): readonly Fields[] {
  if (!Array.isArray(options)) return [];
  return options.filter(isFields).flatMap((option) => [option, ...optionsWithin(option.options)]);
}

function openModal(_: Platform, interaction: Interaction, data: Form): undefined {
  const fields = data.object();
  if (!data.required()) data.refuseIfWrong();
  checkModal(data);
  data.refuseIfWrong();
  const components = numbered(Array.isArray(fields?.components) ? fields.components.filter(isFields) : []);
  interaction.modal = { shown: shownModal(fields ?? {}, components, interaction.id), components };
}
