/** The portal shows four things that look like tokens; one of them is. */

export const DISCORD_TOKEN_SOURCE =
  'discord.com/developers/applications has it: your application → Bot → Reset Token; it is shown once.';

/** The bot's id in base64url, a time, a code. */
const TOKEN = /^([\w-]{18,40})\.[\w-]{4,}\.[\w-]{20,}$/;
/** A snowflake. */
export const DISCORD_ID = /^\d{15,21}$/;

/** Undefined: that is no bot's token. For all but the oldest bots it is the application's id too. */
export function botIdOf(token: string): string | undefined {
  const first = TOKEN.exec(token)?.[1];
  if (first === undefined) return undefined;
  const id = Buffer.from(first, 'base64url').toString('latin1');
  return DISCORD_ID.test(id) ? id : undefined;
}

const FORMS: readonly { readonly form: RegExp; readonly found: string; readonly advice: string }[] = [
  {
    form: /^bot\s/i,
    found: 'a token with `Bot ` before it',
    advice: 'Take `Bot ` away: it is a word of HTTP headers.',
  },
  {
    form: /^mfa\./,
    found: 'a token of a person',
    advice: "It is never to be used in programs: change that account's password.",
  },
  { form: /^[0-9a-f]{64}$/i, found: 'the public key', advice: 'The gateway asks Discord for it by itself.' },
  { form: DISCORD_ID, found: 'an id', advice: 'The token is longer, with two dots in it.' },
  {
    form: /^[\w-]{32}$/,
    found: 'what looks like the client secret',
    advice: 'The gateway has no use for it.',
  },
];

/** What was pasted in place of a token; undefined: it looks like nothing that is known. */
export function mistakenForToken(
  text: string,
): { readonly found: string; readonly advice: string } | undefined {
  return FORMS.find(({ form }) => form.test(text));
}
