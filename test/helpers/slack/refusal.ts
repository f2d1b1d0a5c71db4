import type { Fields } from './shapes.js';

/** The platform's no: what becomes `{ ok: false, error, … }`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: string;
  readonly more: Fields;

  constructor(code: string, more: Fields = {}) {
    super(code);
    this.code = code;
    this.more = more;
  }
}

/** With the findings as Slack words them, and the SDK logs them. */
export const refusedWith = (code: string, messages: readonly string[]): Refusal =>
  new Refusal(code, { errors: messages, response_metadata: { messages } });
