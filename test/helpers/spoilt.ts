import fc from 'fast-check';

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place in a payload, as a path, but for the payload itself. */
function pathsIn(value: unknown, before: readonly string[] = []): readonly (readonly string[])[] {
  const entries = Array.isArray(value) ? [...value.entries()] : isMembers(value) ? Object.entries(value) : [];
  return entries.flatMap(([key, one]) => {
    const path = [...before, String(key)];
    return [path, ...pathsIn(one, path)];
  });
}

/** The payload with something else at that place; undefined takes it away. */
function changed(value: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined) return to;
  if (Array.isArray(value))
    return value.map((one, at) => (String(at) === key ? changed(one, rest, to) : one));
  if (!isMembers(value)) return value;
  const inside = changed(value[key], rest, to);
  const others = Object.entries(value).filter(([name]) => name !== key);
  return Object.fromEntries(inside === undefined ? others : [...others, [key, inside]]);
}

const ODD = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    '',
    0,
    -1,
    1e21,
    [],
    {},
    '0',
    '__proto__',
    'constructor',
    '\ud800',
    'x'.repeat(5_000),
    '/mcp auth files',
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.maxSafeInteger(),
);

/** One of these payloads, with one to three things in it that are not as its platform would have them. */
export function spoilt(good: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .constantFrom(...good)
    .chain((payload) =>
      fc
        .array(fc.tuple(fc.constantFrom(...pathsIn(payload)), ODD), { minLength: 1, maxLength: 3 })
        .map((changes) => changes.reduce<unknown>((now, [path, to]) => changed(now, path, to), payload)),
    );
}
