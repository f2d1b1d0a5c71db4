/**
 * Telegram turns parts of any text into links: `@name`, `/command`, `#tag`, `$TAG`, addresses, phone numbers. In text of
 * others (a tool named `@everyone`, a provider's error that says `/logout`) nothing may be pressed that we did not put
 * there (threat 18). A word joiner, which has no width, after the sign that starts such a link keeps Telegram from
 * seeing one; the rules for what it sees are those of TDLib's `MessageEntity.cpp`.
 */
const JOINER = '\u2060';

const STARTS: readonly RegExp[] = [
  // Mentions and tags; `@` also ends the user part of an address.
  /[@#]/gu,
  // Cash tags: capitals, or 1INCH.
  /\$(?=[A-Z1])/gu,
  // Commands: after no letter, digit or slash.
  /(?<![\p{L}\p{N}_/])\/(?=\w)/gu,
  // The scheme of an address.
  /:(?=\/\/)/gu,
  // A host name's dot: what follows is no number.
  /\.(?=[\p{L}_~-]|\u200c|\u200d)/gu,
  // A phone number.
  /\+(?=\d)/gu,
];
const IPV4 = /\d{1,3}(?:\.\d{1,3}){3}/gu;

const ANY_START = /[@#$/:.+]/;

export function inert(text: string): string {
  if (!ANY_START.test(text)) return text;
  const hosts = text.replaceAll(IPV4, (address) => address.replaceAll('.', `.${JOINER}`));
  return STARTS.reduce((made, start) => made.replaceAll(start, `$&${JOINER}`), hosts);
}
