import { returnAddress } from '../../gateway/types.js';

/** What a typed line means to the terminal; what a command means is the gateway's business. */
export type Typed =
  | { readonly kind: 'command'; readonly words: readonly string[] }
  /** The number of a button on the screen. */
  | { readonly kind: 'press'; readonly number: number }
  | { readonly kind: 'leave' }
  | { readonly kind: 'nothing' }
  /** Anything else: the terminal says what it understands. */
  | { readonly kind: 'other' };

/** Longer lines are no command; they are pastes that went to the wrong window. */
const LONGEST_LINE = 4096;
/** An address that a provider sent a browser back with may hold a long code. */
const LONGEST_ADDRESS = 8192;
const LEAVE = new Set(['exit', 'quit', '/exit', '/quit']);

export function readLine(line: string): Typed {
  const words = line.split(/\s+/).filter((word) => word !== '');
  const [first, ...rest] = words;
  if (first === undefined) return { kind: 'nothing' };
  if (isAddress(line)) return { kind: 'command', words };
  if (line.length > LONGEST_LINE) return { kind: 'other' };
  if (/^\/?mcp$/i.test(first)) return { kind: 'command', words: rest };
  if (rest.length > 0) return { kind: 'other' };
  if (/^\/?help$/i.test(first)) return { kind: 'command', words: ['help'] };
  if (/^\d{1,6}$/.test(first)) return { kind: 'press', number: Number(first) };
  return LEAVE.has(first.toLowerCase()) ? { kind: 'leave' } : { kind: 'other' };
}

/** The address of a page that did not open is for the gateway, without a command before it. */
export function isAddress(line: string): boolean {
  return line.length <= LONGEST_ADDRESS && returnAddress(line) !== undefined;
}

/** The words of a line that is still being typed, the last one perhaps ''. Undefined: no command yet. */
export function wordsBeingTyped(line: string): readonly string[] | undefined {
  const [first, ...rest] = line.trimStart().split(/\s+/);
  return first !== undefined && /^\/?mcp$/i.test(first) && rest.length > 0 ? rest : undefined;
}
