import type { Finding } from '../adapters/common/finding.js';
import type { Settings } from '../gateway/settings.js';
import { dated } from '../gateway/times.js';
import type { Reply } from '../gateway/types.js';
import type { LineFinder } from './config-lines.js';

/** What is found about the config's Telegram bot; nothing, and nothing loaded, where it has none. */
export async function checkBot({
  platforms: { telegram },
  publicUrl,
}: Settings): Promise<readonly Finding[]> {
  if (telegram === undefined) return [];
  const { checkTelegram } = await import('../adapters/telegram/setup/check.js');
  return checkTelegram({
    ...telegram,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    when: (atMs) => dated(atMs, Date.now()),
  });
}

/** The findings, and below them what to do, each thing once. */
export function botReply(findings: readonly Finding[], where: LineFinder): Reply {
  const line = where(['platforms', 'telegram']);
  const remedies = new Set(findings.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])));
  const next = Array.from(remedies, (remedy) => ({ cells: [`${line}  telegram: ${remedy}`] }));
  return {
    title: 'Telegram',
    lines: [
      ...findings.map(({ mark, text }) => ({ mark, cells: [text] })),
      ...(next.length === 0 ? [] : [{ cells: [''] }, ...next]),
    ],
    actions: [],
  };
}
