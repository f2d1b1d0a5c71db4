import type { Finding } from '../adapters/common/finding.js';
import type { Settings } from '../gateway/settings.js';
import { dated } from '../gateway/times.js';
import type { Reply } from '../gateway/types.js';
import type { LineFinder } from './config-lines.js';

/** What is found about one chat platform. */
export interface PlatformFindings {
  /** The key of its block in the config. */
  readonly key: 'telegram' | 'slack' | 'discord';
  readonly title: string;
  readonly findings: readonly Finding[];
}

/** Asks each platform that the config names, all at once; nothing is loaded for the others. */
export async function checkPlatforms(settings: Settings): Promise<readonly PlatformFindings[]> {
  const { telegram, slack, discord } = settings.platforms;
  const publicUrl = settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl };
  const asked: Promise<PlatformFindings>[] = [];
  if (telegram !== undefined) {
    const { checkTelegram } = await import('../adapters/telegram/setup/check.js');
    const when = (atMs: number) => dated(atMs, Date.now());
    asked.push(found('telegram', 'Telegram', checkTelegram({ ...telegram, ...publicUrl, when })));
  }
  if (slack !== undefined) {
    const { checkSlack } = await import('../adapters/slack/setup/check.js');
    asked.push(found('slack', 'Slack', checkSlack({ ...slack, ...publicUrl })));
  }
  if (discord !== undefined) {
    const { checkDiscord } = await import('../adapters/discord/setup/check.js');
    asked.push(found('discord', 'Discord', checkDiscord({ ...discord, ...publicUrl })));
  }
  return Promise.all(asked);
}

async function found(
  key: PlatformFindings['key'],
  title: string,
  findings: Promise<readonly Finding[]>,
): Promise<PlatformFindings> {
  return { key, title, findings: await findings };
}

/** The findings, and below them what to do, each thing once. */
export function platformReply({ key, title, findings }: PlatformFindings, where: LineFinder): Reply {
  const line = where(['platforms', key]);
  const remedies = new Set(findings.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])));
  const next = Array.from(remedies, (remedy) => ({ cells: [`${line}  ${key}: ${remedy}`] }));
  return {
    title,
    lines: [
      ...findings.map(({ mark, text }) => ({ mark, cells: [text] })),
      ...(next.length === 0 ? [] : [{ cells: [''] }, ...next]),
    ],
    actions: [],
  };
}
