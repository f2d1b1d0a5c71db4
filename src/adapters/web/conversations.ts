import type { Actor, ChatGateway, Delivery, MessageRef, Recipient, Reply } from '../../gateway/types.js';
import type { Log } from '../../observability/log.js';
import type { Chats } from './chats.js';
import type { Events, PageEvent } from './events.js';
import { messageRef, readMessageRef, type Submission, toInvocation, typedId } from './read.js';
import { type PageMessage, renderReply, renderTyped } from './render.js';
import type { Visit, Visitors } from './visitors.js';
import type { Work } from './work.js';

/** What a conversation needs from outside itself. */
export interface ConversationParts {
  readonly chats: Chats;
  readonly events: Events;
  readonly work: Work;
  readonly visitors: Visitors;
  readonly now: () => number;
  readonly newId: () => string;
  /** Another value in each process. */
  readonly boot: string;
  readonly log: Log;
}

/** Everybody's conversation: what goes in from the page, what comes back from the gateway, and who gets to see it. */
export interface Conversations {
  /** The event stream of one page; undefined when too many are open. */
  open(visit: Visit): ReadableStream<Uint8Array> | undefined;
  /** Takes what the page posted and runs it; resolves when the gateway is done with it. */
  take(gateway: ChatGateway, actor: Actor, submission: Submission): Promise<void>;
  send(to: Recipient, reply: Reply): Delivery;
  update(message: MessageRef, reply: Reply): Delivery;
  remove(message: MessageRef): boolean;
}

export function createConversations(parts: ConversationParts): Conversations {
  const { chats, events, work, visitors, now, log } = parts;

  function show(person: string, message: PageMessage): void {
    chats.put(person, message);
    events.publish(person, { type: 'message', message });
  }

  function showWork(person: string): void {
    events.publish(person, { type: 'working', working: work.of(person) });
  }

  function hello({ actor, note }: Visit): PageEvent {
    const person = actor.userId;
    return {
      type: 'hello',
      boot: parts.boot,
      you: { person, name: actor.displayName, ...(note === undefined ? {} : { note }) },
      messages: chats.of(person),
      working: work.of(person),
    };
  }

  return {
    open: (visit) => events.open(visit.actor.userId, hello(visit)),

    async take(gateway, actor, submission) {
      const person = actor.userId;
      const { delivery } = submission;
      const pressed = submission.kind === 'pressed' ? { message: submission.message } : {};
      if (!work.begin(person, { delivery, ...pressed })) return;
      if (submission.kind === 'typed') show(person, renderTyped(typedId(delivery), now(), submission.text));
      showWork(person);
      try {
        await gateway.handle(toInvocation(submission, actor));
      } catch (error) {
        log.error({ error }, 'a command from the web chat failed');
      } finally {
        work.end(person, delivery);
        showWork(person);
      }
    },

    send({ actor, conversation }, reply) {
      const foreign = conversation !== undefined && conversation.person !== actor.userId;
      if (actor.platform !== 'web' || !visitors.knows(actor.userId) || foreign) return { kind: 'gone' };
      const ref = messageRef(actor.userId, parts.newId());
      show(ref.person, { from: 'gateway', id: ref.id, atMs: now(), reply: renderReply(reply) });
      return { kind: 'delivered', message: ref };
    },

    update(message, reply) {
      const ref = readMessageRef(message);
      if (ref === undefined || !visitors.knows(ref.person)) return { kind: 'gone' };
      const { person, id } = ref;
      // Unknown after a restart: a page that still shows it redraws it, one that does not gets it as a new message.
      const atMs = chats.find(person, id)?.atMs ?? now();
      show(person, { from: 'gateway', id, atMs, updatedAtMs: now(), reply: renderReply(reply) });
      return { kind: 'delivered', message: ref };
    },

    remove(message) {
      const ref = readMessageRef(message);
      if (ref === undefined) return false;
      events.publish(ref.person, { type: 'remove', id: ref.id });
      return chats.remove(ref.person, ref.id);
    },
  };
}
