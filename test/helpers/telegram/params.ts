import { badRequest } from './refusal.js';
import type { Fields } from './shapes.js';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Form values are text: objects and lists come as JSON in it. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** A call's parameters, or an object in them, read strictly: a value of the wrong type is a 400. */
export class Params {
  readonly #fields: Fields;

  constructor(fields: Fields) {
    this.#fields = fields;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined && this.#fields[name] !== null;
  }

  text(name: string): string | undefined {
    return this.#read(name, 'String', (value) => (typeof value === 'string' ? value : undefined));
  }

  integer(name: string): number | undefined {
    return this.#read(name, 'Integer', (value) => {
      const given = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
      return Number.isSafeInteger(given) ? Number(given) : undefined;
    });
  }

  /** An id or an `@name`. */
  name(name: string): string | undefined {
    return this.#read(name, 'Integer or String', (value) =>
      typeof value === 'string' || Number.isSafeInteger(value) ? String(value) : undefined,
    );
  }

  flag(name: string): boolean {
    const truth = this.#read(name, 'Boolean', (value) => {
      if (typeof value === 'boolean') return value;
      return value === 'true' ? true : value === 'false' ? false : undefined;
    });
    return truth ?? false;
  }

  fields(name: string): Fields | undefined {
    return this.#read(name, 'Object', (value) => {
      const given = parsed(value);
      return isFields(given) ? given : undefined;
    });
  }

  object(name: string): Params | undefined {
    const fields = this.fields(name);
    return fields === undefined ? undefined : new Params(fields);
  }

  list(name: string): readonly unknown[] | undefined {
    return this.#read(name, 'Array', (value) => {
      const given = parsed(value);
      return Array.isArray(given) ? given : undefined;
    });
  }

  objects(name: string): readonly Params[] | undefined {
    return this.list(name)?.map((item) => {
      if (!isFields(item)) throw badRequest(`expected an Object in "${name}"`);
      return new Params(item);
    });
  }

  requiredText(name: string): string {
    return required(this.text(name), name);
  }

  requiredInteger(name: string): number {
    return required(this.integer(name), name);
  }

  #read<T>(name: string, type: string, read: (value: unknown) => T | undefined): T | undefined {
    if (!this.has(name)) return undefined;
    const value = read(this.#fields[name]);
    if (value === undefined) throw badRequest(`parameter "${name}" must be of type ${type}`);
    return value;
  }
}

export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw badRequest(`parameter "${name}" is required`);
  return value;
}
