import type { Fields } from './face.js';
import { Refusal } from './refusal.js';

interface Complaint {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
}

export interface Length {
  readonly min?: number;
  readonly max: number;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value in a request's body, and where complaints about it are collected, as Discord nests them. */
export class Form {
  readonly value: unknown;
  readonly #path: readonly string[];
  readonly #complaints: Complaint[];

  constructor(value: unknown, path: readonly string[] = [], complaints: Complaint[] = []) {
    this.value = value;
    this.#path = path;
    this.#complaints = complaints;
  }

  /** Neither missing nor null. */
  get given(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  at(key: string): Form {
    const value = isFields(this.value) ? this.value[key] : undefined;
    return new Form(value, [...this.#path, key], this.#complaints);
  }

  complain(code: string, message: string): void {
    this.#complaints.push({ path: this.#path, code, message });
  }

  required(): boolean {
    if (!this.given) this.complain('BASE_TYPE_REQUIRED', 'This field is required');
    return this.given;
  }

  object(): Fields | undefined {
    if (!this.given) return undefined;
    if (isFields(this.value)) return this.value;
    this.complain('DICT_TYPE_CONVERT', 'Only dictionaries may be used in a DictType');
    return undefined;
  }

  items(length?: Length): readonly Form[] {
    if (!this.given) return [];
    if (!Array.isArray(this.value)) {
      this.complain('LIST_TYPE_CONVERT', 'Only iterables may be used in a ListType');
      return [];
    }
    if (length !== undefined) this.#measure(this.value.length, length);
    return this.value.map((item, at) => new Form(item, [...this.#path, String(at)], this.#complaints));
  }

  /** Characters are counted as code points, as Discord's Python does. */
  text(length?: Length): string | undefined {
    if (!this.given) return undefined;
    if (typeof this.value !== 'string') {
      this.complain('STRING_TYPE_CONVERT', `Could not interpret "${typeof this.value}" as string.`);
      return undefined;
    }
    if (length !== undefined) this.#measure([...this.value].length, length);
    return this.value;
  }

  integer(range?: Length): number | undefined {
    if (!this.given) return undefined;
    if (typeof this.value !== 'number' || !Number.isInteger(this.value)) {
      this.complain('NUMBER_TYPE_COERCE', `Value "${String(this.value)}" is not int.`);
      return undefined;
    }
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = range ?? {};
    if (this.value < min)
      this.complain('NUMBER_TYPE_MIN', `int value should be greater than or equal to ${min}.`);
    if (this.value > max)
      this.complain('NUMBER_TYPE_MAX', `int value should be less than or equal to ${max}.`);
    return this.value;
  }

  flag(): boolean | undefined {
    if (!this.given) return undefined;
    if (typeof this.value === 'boolean') return this.value;
    this.complain('BOOLEAN_TYPE_CONVERT', 'Must be either true or false.');
    return undefined;
  }

  oneOf(choices: readonly (string | number)[]): void {
    if (!choices.some((choice) => choice === this.value))
      this.complain('BASE_TYPE_CHOICES', `Value must be one of {${choices.join(', ')}}.`);
  }

  /** Throws 50035 if anything in the whole body was wrong. */
  refuseIfWrong(): void {
    if (this.#complaints.length === 0) return;
    const errors: Record<string, unknown> = {};
    for (const complaint of this.#complaints) nest(errors, complaint);
    throw new Refusal(400, 50035, 'Invalid Form Body', errors);
  }

  #measure(length: number, { min = 0, max }: Length): void {
    if (length >= min && length <= max) return;
    if (min > 0) this.complain('BASE_TYPE_BAD_LENGTH', `Must be between ${min} and ${max} in length.`);
    else this.complain('BASE_TYPE_MAX_LENGTH', `Must be ${max} or fewer in length.`);
  }
}

function nest(errors: Record<string, unknown>, { path, code, message }: Complaint): void {
  let place = errors;
  for (const key of path) {
    const next = (place[key] ?? {}) as Record<string, unknown>;
    place[key] = next;
    place = next;
  }
  const list = (place._errors ?? []) as Fields[];
  place._errors = [...list, { code, message }];
}
