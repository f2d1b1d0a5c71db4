/**
 * Help as it is printed: its paragraphs run as wide as the terminal, so that no word is cut in two at its edge. What
 * begins with a space (options, examples to copy) is left as it stands.
 */
export function paragraphs(text: string, columns = 80): string {
  const fits = new RegExp(`(.{1,${Math.max(columns, 40)}})(?: |$)`, 'g');
  return text.replaceAll(/^(?! ).+(?:\n(?! ).+)*/gm, (paragraph) =>
    paragraph.replaceAll('\n', ' ').replaceAll(fits, '$1\n').trimEnd(),
  );
}
