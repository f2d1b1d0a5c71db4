import { Refusal } from './refusal.js';
import { type Fields, isFields } from './shapes.js';

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** A call's arguments: text, with JSON in it, in forms; anything in JSON. */
export class Params {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  text(name: string): string | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return undefined;
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
  }

  required(name: string, code = 'invalid_arguments'): string {
    const value = this.text(name);
    if (value !== undefined) return value;
    throw new Refusal(code, {
      response_metadata: { messages: [`[ERROR] missing required field: ${name}`] },
    });
  }

  flag(name: string): boolean | undefined {
    const value = this.#fields[name];
    if (typeof value === 'boolean') return value;
    return value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : undefined;
  }

  /** A list of objects; `code`: what it is refused with where it is anything else. */
  list(name: string, code: string): readonly Fields[] | undefined {
    const value = this.#fields[name];
    if (value === undefined || value === null || value === '') return undefined;
    const list = parsed(value);
    if (Array.isArray(list) && list.every(isFields)) return list;
    throw new Refusal(code);
  }

  object(name: string): Fields | undefined {
    const value = parsed(this.#fields[name]);
    return isFields(value) ? value : undefined;
  }
}
