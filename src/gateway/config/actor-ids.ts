import type { Platform } from '../types.js';
import { nearest } from './mistakes.js';

export const PLATFORMS: readonly Platform[] = ['telegram', 'discord', 'slack', 'terminal', 'web'];

/** What a platform's ids look like after the colon; the negative ids of Telegram are groups, not people, and `*` is nobody's id. */
const ID_FORMS: Readonly<Record<Platform, { readonly form: RegExp; readonly example: string }>> = {
  telegram: { form: /^\d{1,20}$/, example: 'telegram:123456789' },
  discord: { form: /^\d{1,20}$/, example: 'discord:81234567890123456' },
  slack: { form: /^[A-Z0-9]{2,32}\/[A-Z0-9]{2,32}$/, example: 'slack:T024BE7LD/U023BECGF' },
  terminal: { form: /^(?!\*$)[^\s\p{Cc}\p{Cf}]{1,64}$/u, example: 'terminal:ana' },
  web: { form: /^(?!\*$)[^\s\p{Cc}\p{Cf}/]{1,64}$/u, example: 'web:ana' },
};

const WHOLE_PLATFORM = /^(telegram|discord|slack|web):\*$/;

/** `telegram:*`: whoever reaches the bot there. */
export function isWholePlatform(text: string): boolean {
  return WHOLE_PLATFORM.test(text);
}

/** A group chat as `access.groups` names it: `telegram:-100123`, `slack:T1/C2`, `discord:GUILD/CHANNEL` or `discord:GUILD/*`. */
export function isGroupId(text: string): boolean {
  return /^(telegram:-\d{1,20}|slack:[A-Z0-9]{2,32}\/([A-Z0-9]{2,32}|\*)|discord:(\d{1,20}|@me)\/(\d{1,20}|\*))$/.test(
    text,
  );
}

export type ActorIdTrouble =
  | { readonly kind: 'no-platform' }
  | { readonly kind: 'unknown-platform'; readonly platform: string; readonly nearest?: Platform }
  | { readonly kind: 'malformed'; readonly platform: Platform; readonly example: string };

/** Why this is no `platform:id` (the spelling of `actorId`), or undefined where it is one. */
export function actorIdTrouble(text: string): ActorIdTrouble | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return { kind: 'no-platform' };
  const word = text.slice(0, colon);
  const platform = PLATFORMS.find((known) => known === word);
  if (platform === undefined) {
    const guess = nearest(word, PLATFORMS);
    const known = PLATFORMS.find((candidate) => candidate === guess);
    return { kind: 'unknown-platform', platform: word, ...(known === undefined ? {} : { nearest: known }) };
  }
  const { form, example } = ID_FORMS[platform];
  return form.test(text.slice(colon + 1)) ? undefined : { kind: 'malformed', platform, example };
}
