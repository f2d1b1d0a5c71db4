const TELEGRAMS = 'api.telegram.org';

/** Telegram's own Bot API, which is always the newest; undefined is that, too. Any other is a server of somebody's own. */
export function isTelegrams(apiRoot: string | undefined): boolean {
  return apiRoot === undefined || (URL.canParse(apiRoot) && new URL(apiRoot).hostname === TELEGRAMS);
}
