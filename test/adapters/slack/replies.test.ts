import { describe, expect, it } from 'vitest';
import { renderReply } from '../../../src/adapters/slack/outgoing/render.js';
import type { Reply } from '../../../src/gateway/types.js';
import { checkBlocks } from '../../helpers/slack/blocks.js';
import { Findings } from '../../helpers/slack/findings.js';
import { gatewayScenes } from '../telegram/gateway-scenes.js';
import { SCENES } from '../telegram/scenes.js';
import { onDesktop } from './on-desktop.js';

const MARK = { id: 'abcdefghijklmnop', owner: 'T024BE7LD/U024BE7LH' };
const rendered = (reply: Reply) => renderReply(reply, MARK);
const all = async (): Promise<readonly (readonly [string, Reply])[]> =>
  Object.entries({ ...SCENES, ...(await gatewayScenes()) });

describe('the replies of the gateway, in Slack', () => {
  it('read as they are written down', async () => {
    const pictures = (await all()).map(([name, reply]) => `## ${name}\n\n${onDesktop(rendered(reply))}\n`);
    await expect(pictures.join('\n')).toMatchFileSnapshot('../../fixtures/slack/replies.txt');
  });

  it('are such as Slack takes', async () => {
    for (const [, reply] of await all()) {
      const findings = new Findings();
      checkBlocks(rendered(reply).blocks, 'message', findings);
      expect(findings.messages).toEqual([]);
    }
  });

  it('tell a notification no addresses', async () => {
    for (const [, reply] of await all()) expect(rendered(reply).text).not.toMatch(/:\/\//);
  });

  it('need nothing to be remembered: every command and form fits its button', async () => {
    for (const [, reply] of await all()) expect(rendered(reply).kept).toEqual([]);
  });
});
