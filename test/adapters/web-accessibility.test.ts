import { describe, expect, it } from 'vitest';
import type { Reply } from '../../src/gateway/types.js';
import { scriptedGateway } from '../contracts/chat-adapter.js';
import { violations } from '../helpers/axe.js';
import { findChromium } from '../helpers/browser.js';
import { objections } from '../helpers/csp.js';
import { browsing, button, log, say } from './web-browsing.js';
import { openedChats } from './web-opened.js';
import { people } from './web-server.js';

const executable = findChromium();

/** One of everything that a message can hold. */
const everything: Reply = {
  title: 'MCP servers',
  aside: '3 of 5 ready',
  lines: [
    { mark: 'ok', cells: ['linear', '23 tools', 'connected'] },
    {
      mark: 'attention',
      cells: ['supabase', '', 'sign-in needed'],
      action: { kind: 'command', label: 'Sign in', words: ['auth', 'supabase'] },
    },
    { mark: 'failed', cells: ['github', '', 'unreachable since 3 minutes ago'] },
    { cells: ['A sentence with an address, https://mcp.example.com/path, and `a word`.'] },
  ],
  actions: [
    { kind: 'link', label: 'Sign in to linear', url: 'http://127.0.0.1:9/connect/x' },
    { kind: 'command', label: 'Refresh', words: ['status'] },
    {
      kind: 'form',
      label: 'Add key',
      title: 'Key for weather',
      words: ['auth', 'weather'],
      fields: [{ name: 'WEATHER_KEY', label: 'Weather key', secret: true, hint: 'From your account page' }],
    },
  ],
};

describe('the web chat’s policy', () => {
  const open = openedChats();

  // The chat's own scripts are files at its own origin, where nobody uploads anything and nothing answers in JSONP.
  it('has nothing against it in Google’s CSP Evaluator but that scripts are files', async () => {
    const { origin } = await open();
    const { headers } = await fetch(`${origin}/chat`);
    expect(objections(headers.get('content-security-policy') ?? '')).toEqual([
      "MEDIUM_MAYBE script-src: 'self' can be problematic if you host JSONP, AngularJS or user uploaded files.",
    ]);
    expect(headers.getSetCookie()).toEqual([]);
  });
});

describe.skipIf(executable === undefined)('the web chat in a browser, for whoever cannot see it well', () => {
  const open = openedChats();
  const { profile } = browsing(executable);

  it('axe finds nothing, in light and dark, on a phone and on a desk: empty, with all kinds of lines, in a form', async () => {
    const gateway = scriptedGateway(async ({ actor, conversation }) => {
      await adapter.send({ actor, conversation }, everything);
    });
    const { adapter, origin } = await open({ people }, gateway);
    const page = await profile(origin);
    expect(await violations(page)).toEqual([]);
    await say(page, '/mcp');
    await log(page).getByText('supabase').first().waitFor();
    expect(await violations(page)).toEqual([]);
    await button(page, 'Add key').click();
    await page.locator('dialog [name="WEATHER_KEY"]').waitFor();
    expect(await violations(page)).toEqual([]);
  });
});
