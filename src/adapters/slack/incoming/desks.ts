import type { Action, ChatGateway, Invocation, Reply } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { createRecently } from '../../common/recently.js';
import type { Installation, Installations } from '../connection/installations.js';
import { readFilled, readOpened } from '../outgoing/modal.js';
import type { Outbox } from '../outgoing/outbox.js';
import type { Postman } from '../outgoing/postman.js';
import { renderSentence } from '../outgoing/render.js';
import type { Turns } from '../outgoing/turns.js';
import type { Ways } from '../outgoing/ways.js';
import { type Conversation, conversationRef, messageRef } from '../refs.js';
import { ONLY_MCP, TRY_AGAIN } from '../sentences.js';
import type { Typed } from '../types.js';
import type { Desks } from './inbox.js';
import { createPresses } from './presses.js';
import { type Circumstances, type Coming, conversationOf, type Visit, whereDone } from './visit.js';

export interface DesksParts {
  readonly gateway: ChatGateway;
  readonly installations: Installations;
  readonly outbox: () => Outbox | undefined;
  readonly postman: Postman;
  readonly turns: Turns;
  readonly ways: Ways;
  readonly now: () => number;
  readonly log: Log;
}

/** Whoever only talks to the bot is told so often what it understands. */
const HINT_EVERY_MS = 10 * 60_000;

export interface OpenedDesks extends Desks {
  say(visit: Visit, sentence: string): Promise<void>;
  /** Before it is known who that is. Forms and typed messages have no address to answer at: they need `by`. */
  sayWithout(inbound: Coming, sentence: string, by?: Installation): Promise<void>;
}

export function createDesks(parts: DesksParts): OpenedDesks {
  const { gateway, installations, outbox, postman, turns, now, log } = parts;
  const hinted = createRecently<string>(now, HINT_EVERY_MS);

  async function run(
    { inbound, actor, installation }: Visit,
    words: readonly string[],
    conversation: Conversation,
    circumstances: Circumstances = {},
  ): Promise<void> {
    const invocation: Invocation = {
      deliveryId: inbound.deliveryId,
      actor,
      words,
      conversation: conversationRef(conversation),
      ...circumstances,
    };
    const turn = turns.begin({ invocation, conversation, installation });
    try {
      await gateway.handle(invocation);
    } finally {
      turns.end(turn);
    }
  }

  const tell = async (visit: Visit, reply: Reply): Promise<void> => {
    await postman.send(
      { actor: visit.actor, conversation: conversationRef(conversationOf(visit, now())) },
      reply,
    );
  };
  const say = (visit: Visit, sentence: string, actions: readonly Action[] = []): Promise<void> =>
    tell(visit, { title: '', lines: [{ cells: [sentence] }], actions });

  async function sayWithout(inbound: Coming, sentence: string, by?: Installation): Promise<void> {
    const url = 'responseUrl' in inbound ? inbound.responseUrl : undefined;
    const { channel, thread } = whereDone(inbound);
    const said = renderSentence(sentence);
    if (url !== undefined) await outbox()?.respond(url, said, { replace: false });
    else if (by !== undefined && channel !== undefined)
      await outbox()?.whisper(by, { channel, thread }, inbound.speaker.userId, said);
  }

  /** Slack lets no bot take away what people wrote: what was typed is named so that they are told to. */
  async function runTyped(visit: Visit, { channel, ts }: Typed, words: readonly string[]): Promise<void> {
    const typed = messageRef({
      kind: 'plain',
      team: visit.installation.key,
      channel,
      owner: visit.owner,
      ts,
    });
    await run(visit, words, conversationOf(visit, now()), { typed });
  }

  const presses = createPresses({ ...parts, say, run });

  return {
    say,
    sayWithout,
    command: (visit) => run(visit, visit.inbound.words, conversationOf(visit, now())),

    typed: (visit) => runTyped(visit, visit.inbound.typed, visit.inbound.words),

    async text(visit) {
      const { typed, address } = visit.inbound;
      if (address !== undefined) return runTyped(visit, typed, address);
      if (hinted.has(visit.owner)) return;
      hinted.add(visit.owner);
      await say(visit, ONLY_MCP, WHAT_THERE_IS);
    },

    press: presses.press,

    async submission(visit) {
      const opened = readOpened(visit.inbound.metadata);
      const filled = opened && readFilled(opened, visit.inbound.values);
      if (opened === undefined || filled?.kind !== 'fields') return;
      if (opened.conversation.owner !== visit.owner || opened.message.owner !== visit.owner) return;
      const conversation = { ...opened.conversation, turn: visit.inbound.deliveryId };
      await run(visit, opened.words, conversation, {
        fields: filled.fields,
        message: messageRef(opened.message),
      });
    },

    mistakes(inbound) {
      const opened = readOpened(inbound.metadata);
      const filled = opened && readFilled(opened, inbound.values);
      return filled?.kind === 'errors' ? { response_action: 'errors', errors: filled.errors } : undefined;
    },

    uninstalled: ({ home }) =>
      installations
        .recheck(home)
        .catch((error: unknown) =>
          log.warn({ platform: 'slack', error }, 'whether a token still works could not be asked'),
        ),

    /** Without the store, or without Slack: whoever waits hears that, if anything can be heard. */
    apologise: async (inbound, by) =>
      sayWithout(inbound, TRY_AGAIN, by ?? (await installations.of(inbound.home))),
  };
}

const WHAT_THERE_IS: readonly Action[] = [
  { kind: 'command', label: 'Status', words: ['status'] },
  { kind: 'command', label: 'Help', words: ['help'] },
];
