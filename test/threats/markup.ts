/** A name that would be a picture, a script and an attribute; without spaces, which a terminal's person cannot have. */
export const MARKUP = `"><img/src=x/onerror=alert(1)><svg/onload=alert(1)>'boss@evil`;

/** What a provider, or a browser, sends where something else is expected. */
export const SENT = `<script>zxsentzx</script>@everyone`;

/** The tags of a page, with the values of their attributes left out: what a browser would obey. */
export function tagsOf(html: string): string {
  const body = html.replaceAll(/<(style|title)>[\s\S]*?<\/\1>/g, '');
  const tags = body.match(/<[a-z/!](?:[^>"]|"[^"]*")*>/gi) ?? [];
  return tags.map((tag) => tag.replaceAll(/"[^"]*"/g, '""')).join('\n');
}
