import type { Outcome } from '../face.js';
import { ANSWERS, type Interaction } from '../interactions/interaction.js';
import type { NewInteraction } from '../interactions/interactions.js';
import type { Platform } from '../platform.js';
import type { Delivery } from './delivery.js';
import { failureText } from './notices.js';
import { shownMessage } from './view.js';

function outcomeOf(platform: Platform, interaction: Interaction): Outcome {
  const { answer, original, modal, choices } = interaction;
  if (interaction.state === 'acknowledged') {
    if (answer === ANSWERS.modal && modal !== undefined) return { kind: 'modal', modal: modal.shown };
    if (answer === ANSWERS.choices) return { kind: 'choices', choices: choices ?? [] };
    if (answer === ANSWERS.deferred) return { kind: 'thinking' };
    if (answer === ANSWERS.deferredUpdate || original === undefined) return { kind: 'acknowledged' };
    const kind = answer === ANSWERS.update ? 'updated' : 'message';
    return { kind, message: shownMessage(platform, original) };
  }
  return { kind: 'failed', says: failureText(interaction) };
}

/** Makes an interaction, gives it to the app, and waits for what the person notices of its first answer. */
export async function use(platform: Platform, delivery: Delivery, made: NewInteraction): Promise<Outcome> {
  const { interactions } = platform;
  const interaction = interactions.make(made);
  delivery.deliver(interaction.payload, interaction).catch(() => {
    interaction.state = 'failed';
  });
  await interactions.settled(interaction);
  return outcomeOf(platform, interaction);
}
