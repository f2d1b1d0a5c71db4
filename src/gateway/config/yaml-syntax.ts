import type { LineCounter, YAMLError } from 'yaml';
import type { ConfigMistake } from './mistakes.js';

type Words = Pick<ConfigMistake, 'found' | 'allowed' | 'remedy'>;

/** Our own words, not the parser's: those quote the file, and what they quote may be a secret. */
const WORDS: Partial<Record<YAMLError['code'], Words>> = {
  TAB_AS_INDENT: {
    found: 'a tab at the start of the line',
    allowed: 'spaces',
    remedy: 'Indent with spaces; YAML forbids tabs there.',
  },
  BAD_INDENT: {
    found: 'an indentation that fits neither the line above nor its block',
    allowed: 'the same number of spaces for all keys of a block',
    remedy: 'Line this key up with its neighbours; a list or block in brackets needs its closing one.',
  },
  BAD_ALIAS: {
    found: 'a value that starts with `*`',
    allowed: 'quoted text',
    remedy: 'Put the value in quotes, such as "*".',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    found: 'a second colon on the line',
    allowed: 'one `key: value` on a line',
    remedy: 'Put a value that holds `: ` in quotes, or move the second key to a line of its own.',
  },
  BAD_SCALAR_START: {
    found: 'a value that starts with a character that YAML reserves',
    allowed: 'quoted text',
    remedy: 'Put the value in quotes.',
  },
  BAD_DQ_ESCAPE: {
    found: 'a backslash that starts no known escape',
    allowed: '`\\\\` for a backslash in double quotes',
    remedy: "Double the backslash, or use 'single quotes'.",
  },
  MISSING_CHAR: {
    found: 'text where YAML needs a colon, a comma, a quote or a bracket',
    allowed: '`key: value`; closed quotes and brackets; `"${NAME}"` in quotes within brackets',
    remedy: 'Complete the line; put values in quotes where they hold special characters.',
  },
  MULTIPLE_DOCS: {
    found: 'a second document (a line `---`)',
    allowed: 'one document in the file',
    remedy: 'Take the line `---` and what belongs to the other document out.',
  },
};

const OTHER: Words = {
  found: 'text that is not valid YAML',
  allowed: '`key: value` lines, indented with spaces; lists with `- `',
  remedy: 'Compare this line and the one above it with config.example.yaml; put unusual values in quotes.',
};

/** One mistake a line: the parser tends to stumble several times over the same thing. */
export function syntaxMistakes(
  errors: readonly YAMLError[],
  lines: LineCounter,
  file: string,
): readonly ConfigMistake[] {
  const byLine = new Map<number, ConfigMistake>();
  for (const error of errors) {
    const position = lines.linePos(error.pos[0]);
    const [line, column] = [Math.max(position.line, 1), Math.max(position.col, 1)];
    const words = WORDS[error.code] ?? OTHER;
    if (!byLine.has(line)) byLine.set(line, { file, path: '', line, column, ...words });
  }
  return [...byLine.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}
