import type { Fields } from './shapes.js';

/** The platform's no: what becomes `{ ok: false, error_code, description, parameters? }`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  readonly errorCode: number;
  readonly parameters: Fields | undefined;

  constructor(errorCode: number, description: string, parameters?: Fields) {
    super(description);
    this.errorCode = errorCode;
    this.parameters = parameters;
  }
}

export const badRequest = (reason: string, parameters?: Fields): Refusal =>
  new Refusal(400, `Bad Request: ${reason}`, parameters);

export const forbidden = (reason: string): Refusal => new Refusal(403, `Forbidden: ${reason}`);

export const conflict = (reason: string): Refusal => new Refusal(409, `Conflict: ${reason}`);
