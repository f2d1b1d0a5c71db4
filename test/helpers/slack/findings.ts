import { type Fields, isFields } from './shapes.js';

export interface TextRule {
  readonly max: number;
  readonly plain?: boolean;
  readonly min?: number;
}

/** What is wrong with a payload, worded as Slack words it (without the values). */
export class Findings {
  readonly messages: string[] = [];

  add(pointer: string, problem: string): void {
    this.messages.push(`[ERROR] ${problem} [json-pointer:${pointer}]`);
  }

  /** Slack refuses properties that it does not know. */
  only(fields: Fields, pointer: string, allowed: readonly string[]): void {
    for (const name of Object.keys(fields))
      if (!allowed.includes(name) && fields[name] !== undefined)
        this.add(pointer, `invalid additional property: ${name}`);
  }

  string(value: unknown, pointer: string, max: number, min = 0): void {
    if (value === undefined) return;
    if (typeof value !== 'string') {
      this.add(pointer, 'must be a string');
      return;
    }
    if (value.length > max) this.add(pointer, `must be less than ${max + 1} characters`);
    if (value.length < min) this.add(pointer, `must be more than ${min - 1} characters`);
  }

  oneOf(value: unknown, pointer: string, allowed: readonly string[]): void {
    if (value !== undefined && !allowed.includes(String(value)))
      this.add(pointer, 'must be a valid enum value');
  }

  /** A text object. */
  text(value: unknown, pointer: string, { max, plain = false, min = 1 }: TextRule): void {
    if (!isFields(value)) {
      this.add(pointer, 'missing required field: text');
      return;
    }
    const isPlain = value.type === 'plain_text';
    if (!isPlain && (plain || value.type !== 'mrkdwn'))
      this.add(`${pointer}/type`, 'must be a valid enum value');
    this.only(value, pointer, isPlain ? ['type', 'text', 'emoji'] : ['type', 'text', 'verbatim']);
    if (typeof value.text !== 'string') {
      this.add(`${pointer}/text`, 'missing required field: text');
      return;
    }
    this.string(value.text, `${pointer}/text`, max, min);
  }

  textIfAny(value: unknown, pointer: string, rule: TextRule): void {
    if (value !== undefined) this.text(value, pointer, rule);
  }

  /** A list of objects of that length; undefined if it is none. */
  list(value: unknown, pointer: string, max: number, min = 1): readonly Fields[] | undefined {
    if (!Array.isArray(value) || !value.every(isFields)) {
      this.add(pointer, 'missing required field');
      return undefined;
    }
    if (value.length > max) this.add(pointer, `no more than ${max} items allowed`);
    if (value.length < min) this.add(pointer, `must have at least ${min} items`);
    return value;
  }

  /** No two of the ids, where they are given, are the same. */
  unique(ids: readonly unknown[], pointer: string, name: string): void {
    const given = ids.filter((id) => typeof id === 'string');
    const twice = given.find((id, at) => given.indexOf(id) !== at);
    if (twice !== undefined) this.add(pointer, `\`${name}\` must be unique`);
  }
}
