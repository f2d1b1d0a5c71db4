/** Telegram's HTML, parsed as strictly as Telegram does where it matters here. */
export interface Parsed {
  /** What is shown, and counted. */
  readonly text: string;
  /** Whether a place in it is in `code`, where Telegram looks for no links. */
  readonly inCode: readonly boolean[];
}

const TOKEN = /<(\/?)(b|code)>|&(lt|gt|amp);|([^<>&])/gsuy;
const NAMED = { lt: '<', gt: '>', amp: '&' } as const;

/** @throws where Telegram would say "can't parse entities", or would drop a tag that stands in another */
export function parseHtml(html: string): Parsed {
  const inCode: boolean[] = [];
  let [text, open, at] = ['', '', 0];
  for (const [token, closing, tag, entity, character] of html.matchAll(TOKEN)) {
    at += token.length;
    if (tag !== undefined) {
      if (open !== (closing === '' ? '' : tag)) throw new Error(`A tag out of its place at ${at}: ${html}`);
      open = closing === '' ? tag : '';
      continue;
    }
    const shown = character ?? NAMED[entity === 'lt' || entity === 'gt' ? entity : 'amp'];
    text += shown;
    for (let unit = 0; unit < shown.length; unit += 1) inCode.push(open === 'code');
  }
  if (at !== html.length || open !== '') throw new Error(`Not Telegram's HTML at ${at}: ${html}`);
  return { text, inCode };
}

/** What TDLib's `MessageEntity.cpp` makes links of, and a little more: any two words with a dot between are an address. */
const LINKS: readonly RegExp[] = [
  /(?<![\p{L}\p{N}_])@\w{2,32}(?![\p{L}\p{N}_])/gu,
  /(?<![\p{L}\p{N}_/<>])\/\w{1,64}(?:@\w{3,32})?(?![\p{L}\p{N}_/<>])/gu,
  /(?<![\p{L}\p{Nd}_\u200c\u00b7])#[\p{L}\p{Nd}_\u200c\u00b7]{1,256}/gu,
  /(?<![$\p{L}\p{Nd}_\u200c\u00b7])\$(?:1INCH|[A-Z]{1,8})(?![$\p{L}\p{Nd}_\u200c\u00b7])/gu,
  /[a-z]+:\/\/[\w-]+/giu,
  /[^\s\u2060]\.[\p{L}_~-]+/gu,
  /\d+(?:\.\d+){3}/gu,
  /\+\d{5,}/gu,
];

/** Also what only begins outside of `code`. */
export function linksIn({ text, inCode }: Parsed): readonly string[] {
  const found = LINKS.flatMap((link) => [...text.matchAll(link)]);
  return found.filter(({ index }) => inCode[index] === false).map(([link]) => link);
}
