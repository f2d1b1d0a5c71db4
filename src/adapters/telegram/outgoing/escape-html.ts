/** For `parse_mode: 'HTML'`, outside of tags (Bot API, "HTML style"). */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
