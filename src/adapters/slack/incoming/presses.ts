import type { Action, ChatGateway } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createAtWork } from '../../common/at-work.js';
import { type KeptAction, readKept } from '../../common/kept-actions.js';
import { isTooLate } from '../outgoing/failures.js';
import { modalOf } from '../outgoing/modal.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Ways } from '../outgoing/ways.js';
import { type Conversation, messageRef, type SentMessage } from '../refs.js';
import { EXPIRED_BUTTON, NOT_YOURS, STILL_AT_WORK, TOO_LATE, TRY_AGAIN } from '../sentences.js';
import type { Meaning } from '../types.js';
import { type Circumstances, conversationOf, type Of, type Visit } from './visit.js';

type PressVisit = Visit<Of<'press'>>;

export interface PressesParts {
  readonly gateway: ChatGateway;
  readonly outbox: () => Outbox | undefined;
  readonly ways: Ways;
  readonly now: () => number;
  readonly log: Log;
  readonly say: (visit: PressVisit, sentence: string, actions?: readonly Action[]) => Promise<void>;
  /** Runs the command that a button is. */
  readonly run: (
    visit: PressVisit,
    words: readonly string[],
    conversation: Conversation,
    circumstances: Circumstances,
  ) => Promise<void>;
}

/** Pressed buttons. */
export interface Presses {
  press(visit: PressVisit): Promise<void>;
}

export function createPresses({ gateway, outbox, ways, now, log, say, run }: PressesParts): Presses {
  const atWork = createAtWork(gateway, now, log);

  async function meant(meaning: Meaning): Promise<KeptAction | 'link' | undefined> {
    if (meaning.kind === 'link') return 'link';
    return meaning.kind === 'kept' ? readKept(await gateway.memory.get(meaning.key)) : meaning;
  }

  /** What was pressed gives the only thing that can edit a whisper; a DM's message can be edited anyway. */
  async function rememberWay({ inbound: { message, responseUrl }, owner }: PressVisit): Promise<void> {
    if (message.ephemeral && responseUrl !== undefined) await ways.open(message.id, owner, responseUrl);
  }

  /** Who may run nothing is asked for nothing: the command itself refuses them. */
  async function mayAsk({ actor }: PressVisit): Promise<boolean> {
    return (await gateway.complete(actor, [''])).length > 0;
  }

  async function ask(visit: PressVisit, form: Extract<KeptAction, { kind: 'form' }>): Promise<void> {
    const { inbound, installation } = visit;
    const view = modalOf(form, inbound.label, {
      message: pressedMessage(visit),
      conversation: conversationOf(visit, now()),
    });
    const [opened] = await Promise.all([
      view === undefined ? undefined : outbox()?.openModal(installation, inbound.triggerId, view),
      rememberWay(visit),
    ]);
    if (opened === undefined) return say(visit, TRY_AGAIN);
    if (opened.kind === 'sent' || opened.reason === 'exchanged_trigger_id') return;
    log.info({ platform: 'slack', reason: opened.reason }, 'a form could not be opened');
    await say(visit, isTooLate(opened.reason) ? TOO_LATE : TRY_AGAIN);
  }

  async function perform(visit: PressVisit, { words }: KeptAction): Promise<void> {
    const { message, label } = visit.inbound;
    const key = `${message.owner}/${message.ephemeral ? message.id : message.ts}`;
    const button = JSON.stringify([label, words]);
    const pressed = await atWork.begin(key, button);
    if (pressed !== 'first') return pressed === 'again' ? undefined : say(visit, STILL_AT_WORK);
    try {
      await rememberWay(visit);
      await run(visit, words, conversationOf(visit, now()), { message: messageRef(pressedMessage(visit)) });
    } finally {
      await atWork.end(key);
    }
  }

  return {
    /** A button is for whom its message was sent to (threat 11). */
    async press(visit) {
      if (visit.inbound.message.owner !== visit.owner) return say(visit, NOT_YOURS);
      const action = await meant(visit.inbound.meaning);
      if (action === 'link') return rememberWay(visit);
      if (action === undefined) return say(visit, EXPIRED_BUTTON);
      if (action.kind === 'form' && (await mayAsk(visit))) return ask(visit, action);
      await perform(visit, action);
    },
  };
}

function pressedMessage({ inbound: { message }, installation, owner }: PressVisit): SentMessage {
  const { channel, ts, id, ephemeral } = message;
  const at = { team: installation.key, channel, owner };
  return ephemeral ? { ...at, kind: 'whisper', id } : { ...at, kind: 'plain', ts };
}
