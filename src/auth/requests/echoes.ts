/** A part of this length gives a secret away. */
const RUN = 12;
const SHORTEST = 4;
/** Below that it may be a word that others say too. */
const SHORTEST_IN_ANSWERS = 8;
/** Nobody reads more of a refusal. */
const MOST_TEXT = 65_536;

/** What stands for the bytes in base64 whatever stands around them: a secret may be the end of `client:secret`. */
function inBase64(bytes: Buffer): readonly string[] {
  return [0, 1, 2].map((before) => {
    const padded = Buffer.concat([Buffer.alloc(before), bytes]);
    const whole = Math.floor(padded.length / 3) * 4;
    return padded
      .toString('base64')
      .slice(before === 0 ? 0 : 4, whole)
      .replaceAll('=', '');
  });
}

/** As it is, and as it would stand in a URL, in JSON, in a header or a dump. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const base64 = inBase64(bytes);
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  const dumped = [...base64, ...base64.map((one) => one.replaceAll('+', '-').replaceAll('/', '_'))];
  return [...new Set([...forms, ...dumped, bytes.toString('hex')])];
}

const longestFirst = (a: string, b: string): number => b.length - a.length;

/** Whole secrets, whatever their length from `shortest` on. */
function withoutWhole(text: string, spelt: readonly string[], shortest: number, mark: string): string {
  return spelt.reduce(
    (rest, one) => (one.length >= shortest && rest.includes(one) ? rest.replaceAll(one, mark) : rest),
    text,
  );
}

/** Parts of secrets: a page may cut what it repeats. */
function withoutParts(text: string, spelt: readonly string[], mark: string): string {
  const runs = new Set<string>();
  for (const one of spelt)
    for (let at = 0; at + RUN <= one.length; at += 1) runs.add(one.slice(at, at + RUN));
  let kept = '';
  let from = 0;
  for (let at = 0; at + RUN <= text.length; at += 1) {
    if (!runs.has(text.slice(at, at + RUN))) continue;
    let end = at + RUN;
    while (end < text.length && runs.has(text.slice(end - RUN + 1, end + 1))) end += 1;
    kept += text.slice(from, at) + mark;
    from = end;
    at = end - 1;
  }
  return kept + text.slice(from);
}

/**
 * The words of a refusal without what was sent with the request, plain or encoded, whole or twelve characters of it:
 * debug pages repeat their request, and refusals are shown and logged. Cut at 64 KiB.
 *
 * @param mark what takes its place; header values can hold no `…`
 */
export function withoutEchoes(text: string, secrets: readonly string[], mark = '…'): string {
  const spelt = secrets
    .filter(({ length }) => length >= SHORTEST)
    .flatMap(spellings)
    .sort(longestFirst);
  if (spelt.length === 0) return text;
  return withoutParts(withoutWhole(text.slice(0, MOST_TEXT), spelt, SHORTEST, mark), spelt, mark);
}

/** Takes secrets out of every text in an answer, of any size: whole ones, plain or encoded. What has none is given back as it is. */
export function eraserOf(secrets: readonly string[]): <T>(answer: T) => T {
  const spelt = secrets
    .filter(({ length }) => length >= SHORTEST_IN_ANSWERS)
    .flatMap(spellings)
    .sort(longestFirst);

  function erased(value: unknown): unknown {
    if (typeof value === 'string') return withoutWhole(value, spelt, SHORTEST_IN_ANSWERS, '…');
    if (typeof value !== 'object' || value === null) return value;
    const parts = Object.entries(value).map(([name, part]) => [name, part, erased(part)] as const);
    if (parts.every(([, part, rest]) => part === rest)) return value;
    const rest = parts.map(([name, , part]) => [name, part] as const);
    return Array.isArray(value) ? rest.map(([, part]) => part) : Object.fromEntries(rest);
  }

  return <T>(answer: T): T => (spelt.length === 0 ? answer : (erased(answer) as T));
}
