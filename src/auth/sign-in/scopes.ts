/** Scopes as RFC 6749 §3.3 writes them: names with spaces between. */
export const scopeList = (scope: string | undefined): readonly string[] =>
  (scope ?? '').split(/\s+/).filter((name) => name !== '');

/** Each once, in the order of their first appearance. Undefined where there are none. */
export function scopeUnion(...scopes: readonly (string | undefined)[]): string | undefined {
  const all = new Set(scopes.flatMap(scopeList));
  return all.size === 0 ? undefined : [...all].join(' ');
}

/** Whether `held` has all of `wanted`. */
export function hasScopes(held: string | undefined, wanted: string | undefined): boolean {
  const names = new Set(scopeList(held));
  return scopeList(wanted).every((name) => names.has(name));
}
