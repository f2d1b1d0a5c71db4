import type { Fields } from './face.js';

/** The platform's no: what becomes `{ message, code, errors? }`. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: number;
  readonly errors: Fields | undefined;

  constructor(status: number, code: number, message: string, errors?: Fields) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }

  get body(): Fields {
    const { message, code, errors } = this;
    return { message, code, ...(errors === undefined ? {} : { errors }) };
  }
}

export const unauthorized = (): Refusal => new Refusal(401, 0, '401: Unauthorized');
export const notFound = (): Refusal => new Refusal(404, 0, '404: Not Found');
export const unknownChannel = (): Refusal => new Refusal(404, 10003, 'Unknown Channel');
export const unknownGuild = (): Refusal => new Refusal(404, 10004, 'Unknown Guild');
export const unknownMessage = (): Refusal => new Refusal(404, 10008, 'Unknown Message');
export const unknownUser = (): Refusal => new Refusal(404, 10013, 'Unknown User');
export const unknownWebhook = (): Refusal => new Refusal(404, 10015, 'Unknown Webhook');
export const unknownInteraction = (): Refusal => new Refusal(404, 10062, 'Unknown interaction');
export const unknownCommand = (): Refusal => new Refusal(404, 10063, 'Unknown application command');
export const missingAccess = (): Refusal => new Refusal(403, 50001, 'Missing Access');
export const missingPermissions = (): Refusal => new Refusal(403, 50013, 'Missing Permissions');
export const emptyMessage = (): Refusal => new Refusal(400, 50006, 'Cannot send an empty message');
export const invalidWebhookToken = (): Refusal => new Refusal(401, 50027, 'Invalid Webhook Token');
export const alreadyAcknowledged = (): Refusal =>
  new Refusal(400, 40060, 'Interaction has already been acknowledged.');
