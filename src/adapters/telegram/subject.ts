/**
 * The server that a sentence of a list starts with: "linear: you declined the request.", "files needs no sign-in." A
 * capital letter without a colon or dash after its word is the start of an ordinary sentence. Only for what it looks like.
 */
const SUBJECT = /^(?:[A-Za-z0-9][\w-]{0,31}(?=: | — )|[a-z0-9][\w-]{0,31}(?= ))/;

/** '' where it is about nothing that has a name. */
export function subjectOf(sentence: string): string {
  return SUBJECT.exec(sentence)?.[0] ?? '';
}
