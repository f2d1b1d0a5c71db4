/** What a person reads on a page of the gateway: no markup, no style. */
export function shown(html: string): string {
  return html
    .replaceAll(/<(style|head)[^>]*>[\s\S]*?<\/\1>/g, '')
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
