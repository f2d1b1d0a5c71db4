/** `${GITHUB_TOKEN}` in a server's headers or env. */
const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

type Texts = Readonly<Record<string, string>>;

/** The text, or undefined where a value is missing: a `${NAME}` as it stands is nobody's key, and tells the server how it is called. */
function filledText(text: string, values: Texts): string | undefined {
  const names = [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  if (names.some((name) => values[name] === undefined)) return undefined;
  return text.replaceAll(PLACEHOLDER, (_placeholder, name: string) => values[name] ?? '');
}

/** The texts with every `${NAME}` filled in. One that needs a key without a value is left out. */
export function filled(texts: Texts, values: Texts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => {
      const whole = filledText(text, values);
      return whole === undefined ? [] : [[name, whole]];
    }),
  );
}

/** Only the texts that need no key: what a server is sent to learn whether it asks for one. */
export const withoutKeys = (texts: Texts): Record<string, string> => filled(texts, {});
