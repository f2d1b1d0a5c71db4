import { type Finding, keyName, type Position } from './mistakes.js';

export type Trouble = Omit<Finding, 'path'>;

/** A key as it stands in the file (`010`, `yes`), or undefined where it is no plain text. */
export function keyText(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? undefined : (source ?? String(value));
}

const NO_TEXT: Trouble = {
  found: 'a key that is not plain text',
  allowed: 'plain text before the colon',
  remedy: 'Write a name and a colon, such as `public_url:`.',
};

/** Why a key cannot be taken as it is; `first` is where the block has it already. */
export function keyTrouble(name: string | undefined, first: Position | undefined): Trouble | undefined {
  if (name === undefined) return NO_TEXT;
  if (name === '__proto__' || name === '<<') {
    return {
      found: `the key ${keyName(name)}`,
      allowed: 'keys of this config; YAML merge keys are not supported',
      remedy: 'Write the keys out where they belong.',
    };
  }
  if (first === undefined) return undefined;
  return {
    found: `the key ${keyName(name)} for the second time (first on line ${first.line})`,
    allowed: 'each key once in a block',
    remedy: 'Remove one of the two, or rename it.',
  };
}
