import { distance } from 'fastest-levenshtein';

/** What someone may have meant: a word that it begins, or one within a third of its letters. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = word.toLowerCase();
  if (wanted.length === 0 || wanted.length > 40) return undefined;
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(wanted));
  if (wanted.length >= 2 && begun.length > 0) return begun[0];
  const room = Math.min(3, Math.ceil(wanted.length / 3));
  const [best] = candidates
    .map((candidate) => ({ candidate, away: distance(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, away }) => away <= room && away < candidate.length)
    .sort((a, b) => a.away - b.away);
  return best?.candidate;
}

/** How API keys and tokens of well-known providers begin. */
const KNOWN_SECRET =
  /^((sk|pk|rk|ghp|gho|ghu|ghs|ghr|glpat|github_pat|xox[a-z]|xapp|lin_api|hf)[-_]|AKIA|ASIA|AIza|ya29\.|eyJ)\w{6,}/;

/**
 * Whether a word may be a pasted key: such a word is never repeated or logged. Wrong now and then on
 * the safe side: a person whose typo is not echoed loses nothing.
 */
export function looksSecret(word: string): boolean {
  if (KNOWN_SECRET.test(word)) return true;
  if (word.length > 40) return true;
  const mixed = /[a-z]/i.test(word) && (/\d/.test(word) || (/[a-z]/.test(word) && /[A-Z]/.test(word)));
  return word.length >= 16 && mixed && bitsPerCharacter(word) >= 3;
}

/** Shannon entropy of the word's own letters: 3 bits and more is not how people name servers. */
function bitsPerCharacter(word: string): number {
  const counts = new Map<string, number>();
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / word.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}
