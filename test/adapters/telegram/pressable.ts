import { parseHtml } from '../../helpers/telegram/html-text.js';

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

/** What a person could press in a text. Nothing that stands in code can be; what only ends there counts. */
export function linksIn(html: string): readonly string[] {
  const { text, entities } = parseHtml(html);
  const code = entities.filter(({ type }) => type === 'code');
  const inCode = (at: number) => code.some(({ offset, length }) => at >= offset && at < offset + length);
  const found = LINKS.flatMap((link) => [...text.matchAll(link)]);
  return found.filter(({ index }) => !inCode(index)).map(([link]) => link);
}
