import { integerOf, membersOf, textOf } from '../../common/payload.js';

/** Gateway Opcodes. */
export const OPS = {
  dispatch: 0,
  heartbeat: 1,
  identify: 2,
  resume: 6,
  reconnect: 7,
  invalid: 9,
  hello: 10,
  acknowledged: 11,
} as const;

/** What the Gateway sends. */
export interface Frame {
  readonly op: number | undefined;
  readonly data: unknown;
  readonly seq: number | undefined;
  readonly event: string;
}

/** A session that can go on where it was broken off. */
export interface Session {
  readonly id: string;
  /** Where it goes on. */
  readonly url: string;
  /** The latest event. */
  readonly seq: number;
}

/** What is no JSON is a frame of no kind. */
export function readFrame(text: string): Frame {
  const { op, d, s, t } = membersOf(readJson(text));
  return { op: integerOf(op), data: d, seq: integerOf(s), event: textOf(t) ?? '' };
}

/** A new session, as READY tells it. */
export function readSession(ready: unknown, isOwn: (url: string) => boolean, seq = 0): Session | undefined {
  const { session_id: id, resume_gateway_url: url } = membersOf(ready);
  if (typeof id !== 'string' || typeof url !== 'string' || !isOwn(url)) return undefined;
  return { id, url: url.replace(/\/+$/, ''), seq };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
