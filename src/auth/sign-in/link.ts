import { fingerprint, type Random } from './browser-binding.js';

/** One sign-in as each who deals with it knows it. Each name is the hash of the one before: none leads back. */
export interface SignInNames {
  /** What its link carries, for who asked alone: it opens the page. */
  readonly link: string;
  /** For the provider, and for the browser on its way back (RFC 6749 §10.12). */
  readonly state: string;
  /** Of its records. Nothing seals their names, so whoever can list them must get nowhere with it. */
  readonly id: string;
}

export function newSignInNames(random: Random): SignInNames {
  const link = random.token();
  const state = fingerprint(link);
  return { link, state, id: fingerprint(state) };
}

/** The id of the sign-in whose link carries this, if there is one. Undefined: it was never a link of ours. */
export function idOfLink(link: string): string | undefined {
  return /^[\w-]{43}$/.test(link) ? fingerprint(fingerprint(link)) : undefined;
}
