import type { Content } from './shapes.js';
import { FLAGS } from './shapes.js';

const CODE = /```[\s\S]*?```|``[\s\S]*?``|`[^`]*`/g;
/** `<https://…>` and `[text](<https://…>)` are links without a preview. */
const QUIET = /<https?:\/\/[^>\s]*>/g;
const LINK = /https?:\/\/[^\s<>()]+[^\s<>().,:;"'\]]/g;

/** The pages that Discord fetches for a message: behind links in its content, escaped ones and masked ones too. */
export function previewsOf({ content }: Pick<Content, 'content'>, flags: number): readonly string[] {
  if ((flags & (FLAGS.suppressEmbeds | FLAGS.componentsV2)) !== 0) return [];
  return [...new Set(content.replace(CODE, '').replace(QUIET, '').match(LINK) ?? [])];
}
