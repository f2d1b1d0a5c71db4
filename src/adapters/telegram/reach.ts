import { GrammyError, type Transformer } from 'grammy';
import { TokenRefusedError } from './failures.js';

/** How the way to Telegram is: what `/readyz` says of it. */
export interface Reach {
  /** Sees every request, also those that are tried again. */
  readonly transformer: Transformer;
  /** Says what went wrong with receiving updates; undefined: nothing any more. */
  note(trouble: string | undefined): void;
  trouble(): string | undefined;
}

/** A poll takes half a minute; whoever has not answered for so long does not answer. */
const SILENT_MS = 90_000;

export function createReach(now: () => number): Reach {
  let answeredAtMs = now();
  let noted: string | undefined = 'has not connected yet';
  return {
    async transformer(previous, method, payload, signal) {
      const response = await previous(method, payload, signal);
      answeredAtMs = now();
      return response;
    },
    note(trouble) {
      noted = trouble;
    },
    trouble() {
      if (noted !== undefined) return noted;
      return now() - answeredAtMs > SILENT_MS ? 'Telegram has not answered for a while' : undefined;
    },
  };
}

export const TOKEN_REFUSED =
  'Telegram refuses the bot token: put a valid one into the config, from @BotFather';

export function isTokenRefused(error: unknown): boolean {
  if (error instanceof TokenRefusedError) return true;
  return error instanceof GrammyError && (error.error_code === 401 || error.error_code === 404);
}

export function isConflict(error: unknown): error is GrammyError {
  return error instanceof GrammyError && error.error_code === 409;
}
