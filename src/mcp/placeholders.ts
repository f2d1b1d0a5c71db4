/** `${GITHUB_TOKEN}` in a server's headers or env. */
const PLACEHOLDER = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

type Texts = Readonly<Record<string, string>>;

/** The texts with every `${NAME}` filled in. A name without a value stays as it is. */
export function filled(texts: Texts, values: Texts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      text.replaceAll(PLACEHOLDER, (placeholder, key: string) => values[key] ?? placeholder),
    ]),
  );
}

/** Only the texts that need no key: what a server is sent to learn whether it asks for one. */
export function withoutKeys(texts: Texts): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text.search(PLACEHOLDER) < 0));
}
