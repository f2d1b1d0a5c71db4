import { expect, it } from 'vitest';
import { endedPage } from '../../../src/http/pages/ended-page.js';

it('a name that is written from right to left stays before the words that belong to it', async () => {
  const page = endedPage({
    kind: 'ended',
    id: 'id',
    server: 'خادم',
    subject: 'telegram:1',
    startedBy: 'telegram:1',
    origin: null,
    method: 'oauth',
    atMs: 0,
    account: { platform: 'Telegram', name: '@ana' },
    result: { kind: 'connected', tools: 3 },
  });
  // The words outside: in one <bdi> with the name, they would take its direction.
  expect(String(await page.content)).toContain('<h1><bdi>خادم</bdi> is connected</h1>');
  expect(page.title).toBe('خادم is connected');
});
