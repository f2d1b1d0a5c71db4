/** What a person reads on a page of the gateway: no markup, no style. */
export function shown(html: string): string {
  return html
    .replaceAll(/<(style|head)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

/** The six digits of a quarantined sign-in. */
export function digitsOn(page: string): string {
  const digits = /\b(\d{3}) (\d{3})\b/.exec(page);
  if (digits === null) throw new Error(`no digits on the page: ${shown(page)}`);
  return `${digits[1]}${digits[2]}`;
}

/** Another code than the right one, for each `by` another. */
export const wrong = (digits: string, by = 1): string =>
  String((Number(digits) + by) % 1_000_000).padStart(6, '0');
