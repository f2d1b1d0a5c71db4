import type { ConfigPath, Finding } from './mistakes.js';
import { type ConfigMap, type ConfigValue, isMap, listOf, mapOf } from './reading.js';
import { isPrivateHost, type UrlTrouble, urlTroubles } from './values.js';

/** What the rules of the chat platforms have in common. */

export type Block = Readonly<ConfigMap>;

/** The platform's block, where there is one that is switched on. */
export function platformBlock(root: Block, platform: string): Block | undefined {
  const block = mapOf(root.platforms)[platform];
  return isMap(block) && block.enabled !== false ? block : undefined;
}

export const UNWRAP = 'Take the quotes and spaces around it away.';

/** What shells and env files leave around a value. */
export function isWrapped(text: string, form: RegExp): boolean {
  return form.test(text.replace(/^[\s"'<]+|[\s"'>]+$/g, ''));
}

export interface ApiRoot {
  readonly path: ConfigPath;
  readonly allowed: string;
  /** The platform's own address. */
  readonly own: string;
  /** What is often copied along with it. */
  readonly tail: { readonly form: RegExp; readonly found: string };
  /** Why it has to be https. */
  readonly carries: string;
}

export function apiRootRules(root: ConfigValue | undefined, at: ApiRoot): readonly Finding[] {
  if (typeof root !== 'string' || root === '') return [];
  const { path, allowed, own, tail } = at;
  if (tail.form.test(root)) {
    const remedy = `Write the address before it, such as ${own}: the gateway adds the rest.`;
    return [{ path, found: tail.found, allowed, remedy }];
  }
  return urlTroubles(root)
    .filter((trouble) => trouble !== 'http' || !isPrivateHost(new URL(root).hostname))
    .map((trouble) => ({ path, allowed, remedy: urlRemedy(trouble, at) }));
}

function urlRemedy(trouble: UrlTrouble, { own, carries }: ApiRoot): string {
  switch (trouble) {
    case 'not-a-url':
      return `Write the whole address, such as ${own}.`;
    case 'scheme':
      return 'Start it with https://.';
    case 'http':
      return `Write https://: ${carries}.`;
    case 'credentials':
      return 'Take user and password out of it.';
    case 'query':
      return 'Take `?` and what follows it away.';
    case 'fragment':
      return 'Take `#` and what follows it away.';
  }
}

export interface IdList {
  readonly path: ConfigPath;
  readonly form: RegExp;
  readonly allowed: string;
  /** For an entry that is no id. */
  readonly remedy: (entry: string) => string;
}

/** Each entry an id, and each once. What is no text is the schema's to report. */
export function idRules(list: ConfigValue | undefined, at: IdList): readonly Finding[] {
  const seen = new Set<string>();
  return listOf(list).flatMap((entry, index): readonly Finding[] => {
    if (typeof entry !== 'string' || entry === '') return [];
    const where = { path: [...at.path, index], allowed: at.allowed };
    if (!at.form.test(entry)) return [{ ...where, remedy: at.remedy(entry) }];
    if (!seen.has(entry)) {
      seen.add(entry);
      return [];
    }
    return [{ ...where, allowed: 'each id once', remedy: 'Take one of the two out.' }];
  });
}

/** Nobody sends anything to an address that there is not. */
export function needsPublicUrl(path: ConfigPath, mode: string, platform: string, other: string): Finding {
  return {
    path: [...path, 'mode'],
    found: `\`${mode}\` without a \`public_url\``,
    allowed: `\`${other}\`, or \`${mode}\` with an https address that ${platform} can reach`,
    remedy: `Add \`public_url: https://…\`, or write \`mode: ${other}\`, which needs no address.`,
  };
}
