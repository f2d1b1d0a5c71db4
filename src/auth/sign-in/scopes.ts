/** Scopes as RFC 6749 §3.3 writes them: names with spaces between. */
export const scopeList = (scope: string | undefined): readonly string[] =>
  (scope ?? '').split(/\s+/).filter((name) => name !== '');

/** Each once, in the order of their first appearance. Undefined where there are none. */
export function scopeUnion(...scopes: readonly (string | undefined)[]): string | undefined {
  const all = new Set(scopes.flatMap(scopeList));
  return all.size === 0 ? undefined : [...all].join(' ');
}

/** All of them stand in the link to the provider, and in the record of each sign-in: browsers and servers refuse long ones. */
const MOST_NAMES = 50;
const MOST_CHARACTERS = 2_000;

/** The same, as many as a link takes: what is named first counts more. */
export function firstScopes(...scopes: readonly (string | undefined)[]): string | undefined {
  const kept: string[] = [];
  let room = MOST_CHARACTERS;
  for (const name of scopeList(scopeUnion(...scopes))) {
    if (kept.length === MOST_NAMES) break;
    if (name.length > room) continue;
    kept.push(name);
    room -= name.length + 1;
  }
  return kept.length === 0 ? undefined : kept.join(' ');
}

/** Whether `held` has all of `wanted`. */
export function hasScopes(held: string | undefined, wanted: string | undefined): boolean {
  const names = new Set(scopeList(held));
  return scopeList(wanted).every((name) => names.has(name));
}
