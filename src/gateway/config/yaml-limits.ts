import { Lexer } from 'yaml';

const MAX_CHARACTERS = 512 * 1024;
const MAX_NESTING = 40;
const MAX_INDENT = 200;

export const TOO_DEEP = {
  found: 'more, or deeper nested, values than any config needs',
  allowed: 'up to 512 KB, 16 levels and 20,000 values, with what aliases bring in',
  remedy: 'Make it smaller and flatter.',
};

/**
 * Whether this text is too big or too deeply nested to parse. The parser recurses, and deep in the stack V8 ends the
 * process instead of throwing: so the nesting is counted before, on the (flat) tokens.
 */
export function exceedsYamlLimits(text: string): boolean {
  if (text.length > MAX_CHARACTERS) return true;
  let flowDepth = 0;
  let blockMarks = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flowDepth += 1;
    else if (token === ']' || token === '}') flowDepth = Math.max(0, flowDepth - 1);
    else if (token.includes('\n')) blockMarks = 0;
    else if (flowDepth === 0 && /^[-?:]$/.test(token)) blockMarks += 1;
    else if (/^ +$/.test(token) && token.length > MAX_INDENT && blockMarks === 0) return true;
    if (flowDepth > MAX_NESTING || blockMarks > MAX_NESTING) return true;
  }
  return false;
}
