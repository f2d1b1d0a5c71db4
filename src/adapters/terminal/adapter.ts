import { randomUUID } from 'node:crypto';
import type { Actor, ChatAdapter, ChatGateway, Delivery, MessageRef, Reply } from '../../gateway/types.js';
import { actionsOf, createButtons } from './buttons.js';
import { type Desk, deal, remark } from './deal.js';
import { createLinks } from './links.js';
import { type Ends, placeOf } from './place.js';
import { commandSession, pipedSession, type Session, typedSession } from './session.js';

export interface TerminalOptions extends Ends {
  /** Who types: the actor `terminal:NAME`. */
  readonly as: string;
  /** Opens a link in a browser that the person sees. Absent: there is none. */
  readonly openLink?: (url: string) => void;
  /** Their browser is on another machine (SSH). */
  readonly remote?: boolean;
}

export interface TerminalAdapter extends ChatAdapter {
  readonly actor: Actor;
  /** Resolves when the person left, or the input ended and every line of it was dealt with. */
  readonly ended: Promise<void>;
  /** The last state of every message of late. */
  said(): readonly Reply[];
  /** Writes what was held back for a later state: nothing more is awaited. */
  flush(): void;
}

const MOST_REMEMBERED = 1000;

/**
 * A chat in this process's terminal: with one person, who is trusted like the shell that it runs in. Where both ends
 * are a terminal there is a prompt, messages change in place and secrets are typed unseen; a pipe gets lines.
 */
export function createTerminalAdapter(options: TerminalOptions): TerminalAdapter {
  const { input, output, as } = options;
  const actor: Actor = { platform: 'terminal', userId: as, displayName: as };
  const buttons = createButtons();
  const { display, keyboard, watched } = placeOf(options, buttons);
  const process = randomUUID();
  const said = new Map<number, Reply>();
  const linkToOpen = createLinks();
  let session: Session | undefined;
  let last = 0;
  let stopped = false;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  const refOf = (message: number): MessageRef => ({ process, message });

  function show(message: number, type: 'reply' | 'update', reply: Reply): Delivery {
    buttons.place(message, actionsOf(reply));
    said.set(message, reply);
    for (const old of said.keys()) if (said.size > MOST_REMEMBERED) said.delete(old);
    display.show({ message, ref: refOf(message), type, reply });
    const link = linkToOpen(reply);
    if (link !== undefined && watched) options.openLink?.(link);
    return { kind: 'delivered', message: refOf(message) };
  }

  function desk(gateway: ChatGateway): Desk {
    return {
      gateway,
      actor,
      conversation: { process },
      buttons,
      refOf,
      say: (sentence) => void show(++last, 'reply', remark(sentence)),
      open(url) {
        if (!watched || options.openLink === undefined) return false;
        options.openLink(url);
        return true;
      },
      fill: async (form) => session?.fill(form),
      leave: () => session?.close(),
    };
  }

  function open(gateway: ChatGateway): Session {
    const at = desk(gateway);
    const line = (text: string) => deal(text, at);
    if ('words' in input) return commandSession(['mcp', ...input.words].join(' '), line);
    if (keyboard === undefined) return pipedSession(input, line);
    const suggest = (words: readonly string[]) => gateway.complete(actor, words);
    return typedSession({ ...keyboard, promptText: '> ', suggest }, line);
  }

  async function stop(): Promise<void> {
    stopped = true;
    session?.close();
    end();
  }

  return {
    platform: 'terminal',
    actor,
    ended,
    forms: keyboard !== undefined,
    local: options.remote !== true,
    hears: () => !('words' in input),
    async start(gateway) {
      if (session !== undefined) return;
      output.on('error', stop);
      session = open(gateway);
      session.ended.then(end, end);
    },
    async send(to, reply) {
      const elsewhere = to.conversation !== undefined && to.conversation.process !== process;
      if (stopped || elsewhere || to.actor.platform !== 'terminal' || to.actor.userId !== as)
        return { kind: 'gone' };
      return show(++last, 'reply', reply);
    },
    async update(ref, reply) {
      const { message } = ref;
      const known = ref.process === process && typeof message === 'number' && message >= 1 && message <= last;
      return known && !stopped ? show(message, 'update', reply) : { kind: 'gone' };
    },
    stop,
    said: () => [...said.values()],
    flush: () => display.flush(),
  };
}
