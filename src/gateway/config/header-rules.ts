import type { KeyVariable } from '../../auth/types.js';
import type { ConfigPath, Finding } from './mistakes.js';
import { caseTwins } from './people-rules.js';
import { type ConfigMap, mapOf } from './reading.js';
import { isHeaderValue } from './values.js';

type Block = Readonly<ConfigMap>;

const isAuthorization = (header: string): boolean => header.toLowerCase() === 'authorization';

const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * RFC 9110 §5.1 and §5.5: what a header may be called, and what its value may hold. And who is to give it.
 * @param keys the server's `${NAME}`s
 */
export function headerRules(
  path: ConfigPath,
  block: Block,
  keys: readonly KeyVariable[],
): readonly Finding[] {
  const headers = mapOf(block.headers);
  const own = [...path, 'headers'];
  const names = Object.keys(headers);
  const malformed = names.flatMap((name): Finding[] => {
    if (!HEADER_NAME.test(name)) return [badHeader([...own, name], 'key')];
    const value = headers[name];
    return typeof value === 'string' && !isHeaderValue(value) ? [badHeader([...own, name], 'value')] : [];
  });
  return [
    ...malformed,
    ...caseTwins(names, own, 'headers'),
    ...twoCredentials(own, block, names),
    ...unaskedKeys(own, block, keys),
  ];
}

function badHeader(path: ConfigPath, at: 'key' | 'value'): Finding {
  const isName = at === 'key';
  return {
    path,
    at,
    found: isName
      ? 'a header name that HTTP does not allow'
      : 'a value that no HTTP header can carry (not shown)',
    allowed: isName
      ? 'letters, digits and -, such as X-API-Key'
      : 'one line of Latin letters, digits and signs',
    remedy: isName
      ? 'Check the name; YAML needs a space after the colon.'
      : 'Take line breaks and special characters out.',
  };
}

function twoCredentials(path: ConfigPath, block: Block, names: readonly string[]): readonly Finding[] {
  const name = names.find(isAuthorization);
  if (name === undefined || block.auth === undefined) return [];
  return [
    {
      path: [...path, name],
      at: 'key',
      found: 'an Authorization header beside `auth: oauth`',
      allowed: 'one of the two: the sign-in makes this header itself',
      remedy: 'Take the header out, or take `auth: oauth` out if people have keys.',
    },
  ];
}

/** Whoever signs in is not asked for keys, and nobody else is: such a header would never be sent. */
function unaskedKeys(path: ConfigPath, block: Block, keys: readonly KeyVariable[]): readonly Finding[] {
  if (block.auth === undefined) return [];
  const unset = keys.filter(({ value }) => value === undefined);
  return Object.entries(mapOf(block.headers)).flatMap(([header, text]): readonly Finding[] => {
    if (typeof text !== 'string' || isAuthorization(header)) return [];
    return unset
      .filter(({ name }) => text.includes(`\${${name}}`))
      .map(({ name }) => ({
        path: [...path, header],
        found: `\`\${${name}}\`, which the environment does not have (or has empty), beside \`auth\``,
        allowed: 'a variable that is set, or one with a default: `${NAME:-default}`',
        remedy: `Set ${name} in the gateway's environment: beside \`auth\` nobody is asked for keys.`,
      }));
  });
}
