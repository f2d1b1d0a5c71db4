/** A server's URL for people: without user, password and parameters. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return 'the server of `storage`';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
