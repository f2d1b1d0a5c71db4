import { Help } from 'commander';

/**
 * Help as it is printed: its paragraphs run as wide as the terminal, so that no word is cut in two at its edge. What
 * begins with a space (options, examples to copy) is left as it stands.
 */
export function paragraphs(text: string, columns = 80): string {
  const help = new Help();
  const width = Math.max(columns, help.minWidthToWrap);
  return text.replaceAll(/^(?! ).+(?:\n(?! ).+)*/gm, (paragraph) =>
    help.boxWrap(paragraph.replaceAll('\n', ' '), width),
  );
}
