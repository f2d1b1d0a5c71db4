/** The secrets of a Slack app look alike to whoever pastes them; they are told apart by their form. */

export const BOT_TOKEN_SOURCE =
  'api.slack.com/apps has it: your app → OAuth & Permissions → Bot User OAuth Token (xoxb-…), once the app is installed.';
export const APP_TOKEN_SOURCE =
  'api.slack.com/apps has it: your app → Basic Information → App-Level Tokens → Generate Token and Scopes, with connections:write (xapp-…).';
export const SIGNING_SECRET_SOURCE =
  'api.slack.com/apps has it: your app → Basic Information → App Credentials → Signing Secret → Show.';

export const BOT_TOKEN = /^xoxb-[A-Za-z0-9-]{10,}$/;
export const APP_TOKEN = /^xapp-[A-Za-z0-9-]{10,}$/;
export const SIGNING_SECRET = /^[0-9a-f]{32}$/i;

export type SlackSecretKey = 'bot_token' | 'app_token' | 'signing_secret';

/** What was pasted in place of something else, and the key under which it belongs, if it belongs anywhere. */
export interface Mistaken {
  readonly found: string;
  readonly belongs?: SlackSecretKey;
  readonly advice?: string;
}

/** The most telling first; the tokens' prefixes are docs.slack.dev's, "Tokens". */
const FORMS: readonly (Mistaken & { readonly form: RegExp })[] = [
  { form: /^xoxb-/, found: 'a bot token (xoxb-…)', belongs: 'bot_token' },
  { form: /^xapp-/, found: 'an app-level token (xapp-…)', belongs: 'app_token' },
  {
    form: /^xoxe/,
    found: 'a token that expires after 12 hours (xoxe…)',
    advice:
      'The app has token rotation switched on, for good: make one without it, as `slack-manifest` does.',
  },
  { form: /^xoxp-/, found: 'a token of a person (xoxp-…)', advice: 'The gateway acts as the bot alone.' },
  { form: /^xox[a-z]-/, found: "a session's or an older kind of token (xox…)" },
  { form: SIGNING_SECRET, found: 'a signing or client secret', belongs: 'signing_secret' },
  { form: /^[A-Za-z0-9]{24}$/, found: 'what looks like the older verification token' },
  { form: /^\d{6,}\.\d{6,}$/, found: 'a client id' },
  { form: /^A[A-Z0-9]{8,12}$/, found: 'an app id' },
];

/** Undefined: it looks like nothing that is known. */
export function mistakenFor(text: string): Mistaken | undefined {
  return FORMS.find(({ form }) => form.test(text));
}
