import type { Actor, MessageRef } from '../../../gateway/types.js';
import type { Installation } from '../connection/installations.js';
import { readOpened } from '../outgoing/modal.js';
import type { Conversation } from '../refs.js';
import type { Inbound } from '../types.js';

export type Of<K extends Inbound['kind']> = Extract<Inbound, { kind: K }>;

/** What somebody did. */
export type Coming = Of<'command' | 'typed' | 'text' | 'press' | 'submission'>;

/** Something that came in, with who it is and which installation answers. */
export interface Visit<T extends Coming = Coming> {
  readonly inbound: T;
  readonly installation: Installation;
  readonly actor: Actor;
  /** `T1/U2` */
  readonly owner: string;
  /** It was said in the person's own DM with the bot. */
  readonly direct: boolean;
}

/** What a command brings along beside its words. */
export interface Circumstances {
  readonly fields?: Readonly<Record<string, string>>;
  readonly message?: MessageRef;
  readonly typed?: MessageRef;
}

/** Where something was done. */
export interface WhereDone {
  readonly channel?: string;
  readonly thread?: string;
  /** The person's own DM with the bot; undefined: to be found out. */
  readonly direct?: boolean;
}

export function whereDone(inbound: Coming): WhereDone {
  switch (inbound.kind) {
    case 'command':
      return { channel: inbound.channel };
    case 'typed':
    case 'text': {
      const { channel, thread, direct } = inbound.typed;
      return { channel, direct, ...(thread === undefined ? {} : { thread }) };
    }
    case 'press': {
      const { channel, thread, ephemeral, owner } = inbound.message;
      // A message of ours that is there for good is in a DM; one that was made up may be anywhere.
      const direct = ephemeral ? {} : { direct: owner !== '' };
      return { channel, ...direct, ...(thread === undefined ? {} : { thread }) };
    }
    case 'submission':
      return readOpened(inbound.metadata)?.conversation ?? {};
  }
}

/** Where the answer goes. */
export function conversationOf({ inbound, installation, owner, direct }: Visit, atMs: number): Conversation {
  const { channel = '', thread } = whereDone(inbound);
  const url = 'responseUrl' in inbound ? inbound.responseUrl : undefined;
  return {
    team: installation.key,
    channel,
    owner,
    turn: inbound.deliveryId,
    atMs,
    direct,
    ...(thread === undefined ? {} : { thread }),
    ...(url === undefined ? {} : { url }),
    ...((inbound.kind === 'typed' || inbound.kind === 'text') && !direct ? { open: true } : {}),
  };
}
