import type { Reply } from '../../gateway/types.js';
import { actionsOf } from './buttons.js';

/**
 * Follows what messages link to. Resolves to the link that is worth opening by itself: a message's only one, when
 * none of the person's messages had it before. Of several, the person presses one; an update that leaves one of
 * them over opens nothing.
 */
export function createLinks(mostRemembered = 1000): (reply: Reply) => string | undefined {
  const known = new Set<string>();
  return (reply) => {
    const urls = new Set(actionsOf(reply).flatMap((action) => (action.kind === 'link' ? [action.url] : [])));
    const [only] = urls;
    const fresh = only !== undefined && !known.has(only);
    for (const url of urls) known.add(url);
    for (const url of known) if (known.size > mostRemembered) known.delete(url);
    return urls.size === 1 && fresh ? only : undefined;
  };
}
