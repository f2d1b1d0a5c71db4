import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { browserCommand, createLinkOpener } from '../../../src/adapters/terminal/browser.js';

describe('a browser is there', () => {
  it.each([
    ['linux', { DISPLAY: ':0' }, ['xdg-open']],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open']],
    ['darwin', {}, ['open']],
    ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler']],
  ] as const)('on %s with %j', (platform, environment, command) => {
    expect(browserCommand(environment, platform)).toEqual(command);
  });

  it.each([
    ['linux', {}],
    ['linux', { DISPLAY: ':0', SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }],
    ['darwin', { SSH_TTY: '/dev/pts/1' }],
    ['darwin', { CI: 'true' }],
  ] as const)('not on %s with %j', (platform, environment) => {
    expect(browserCommand(environment, platform)).toBeUndefined();
  });
});

describe('opening a link', () => {
  it('hands a web address to the program as it is, and nothing else ever', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'browser-'));
    const before = process.env.PATH;
    try {
      const seen = join(folder, 'seen');
      await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$@" >> '${seen}'\n`);
      await chmod(join(folder, 'xdg-open'), 0o755);
      process.env.PATH = `${folder}:${before}`;
      const open = createLinkOpener({ DISPLAY: ':0' }, 'linux');
      for (const url of ['file:///etc/passwd', 'javascript:alert(1)', '--help', '']) open?.(url);
      const url = "http://127.0.0.1:8787/connect/a?b=1&c='$(id)'";
      open?.(url);
      await expect.poll(() => readFile(seen, 'utf8').catch(() => '')).toBe(`${url}\n`);
    } finally {
      process.env.PATH = before;
      await rm(folder, { recursive: true });
    }
  });

  it('survives that the program is not there', async () => {
    const before = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      createLinkOpener({ DISPLAY: ':0' }, 'linux')?.('http://127.0.0.1/');
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.env.PATH = before;
    }
  });
});
