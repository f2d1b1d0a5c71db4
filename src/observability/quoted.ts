/** What stands behind the name of a secret, in a form, a query or JSON. */
const NAMED =
  /\b(code|device_code|user_code|state|code_verifier|client_secret|access_token|refresh_token|id_token|token|password|secret|api_?key|digits)(=|["']\s*[:=]\s*["'])[^\s"'&<>]+/gi;

/**
 * The text without what libraries quote in their messages of an answer that they could not read: a provider's error
 * page may repeat the request that it got (its code, verifier and client secret), and a token answer that is no JSON
 * is quoted from its beginning.
 */
export function withoutQuotes(text: string): string {
  return text
    .replace(/ Raw body: [\s\S]*$/, '')
    .replaceAll(
      /(?:Unexpected token [\s\S]{1,4}, )?(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)? is not valid JSON/g,
      'not valid JSON',
    )
    .replaceAll(NAMED, '$1$2…');
}
