import type { ConfigPath, Finding } from './mistakes.js';
import { isLoopbackHost } from './values.js';

/** What the warnings about the chat platforms have in common. */

export type IsVariable = (path: ConfigPath) => boolean;

/** `what` may do as the bot does; it should not stand where people read. */
export function secretInFile(
  path: ConfigPath,
  isVariable: IsVariable,
  { what, variable, reader }: { readonly what: string; readonly variable: string; readonly reader: string },
): readonly Finding[] {
  if (isVariable(path)) return [];
  return [
    {
      path,
      found: `${what} that stands in this file`,
      allowed: `"\${${variable}}", with it in the environment`,
      remedy: `It works. Whoever reads the file, or a copy of it, can ${reader}, though.`,
    },
  ];
}

export function thisMachineOnly(path: ConfigPath, what: string, keys: string): Finding {
  return {
    path,
    at: 'key',
    found: `${what} without a \`public_url\``,
    allowed: 'a `public_url` that leads to `listen`, for people on other machines and phones',
    remedy: `Without it, people elsewhere send the address of a sign-in's last page, or type a code${keys}.`,
  };
}

/** A way of receiving for which `public_url` has to lead here from the platform. */
export function notReachable(
  url: string,
  platform: string,
  what: string,
  other: string,
): Finding | undefined {
  if (!isLoopbackHost(new URL(url).hostname)) return undefined;
  return {
    path: ['public_url'],
    found: `an address of this machine, where ${platform} cannot deliver ${what}`,
    allowed: `an https address that ${platform} can reach`,
    remedy: `Write the address of your proxy or tunnel, or \`mode: ${other}\`.`,
  };
}

export function isOwnRoot(root: unknown, own: string): boolean {
  return String(root ?? own).replace(/\/+$/, '') === own;
}
