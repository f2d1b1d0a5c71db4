import { describe, expect, it } from 'vitest';
import { renderReply } from '../../../src/adapters/telegram/outgoing/render.js';
import { gatewayScenes } from './gateway-scenes.js';
import { onPhone } from './phone.js';
import { linksIn } from './pressable.js';
import { SCENES } from './scenes.js';

describe('the replies of the gateway, on a phone', () => {
  it('read as they are written down', async () => {
    const all = Object.entries({ ...SCENES, ...(await gatewayScenes()) });
    const pictures = all.map(([name, reply]) => `## ${name}\n\n${onPhone(renderReply(reply))}\n`);
    await expect(pictures.join('\n')).toMatchFileSnapshot('../../fixtures/telegram/replies.txt');
  });

  it('have no links in their text but /mcp', async () => {
    for (const reply of Object.values({ ...SCENES, ...(await gatewayScenes()) })) {
      const links = linksIn(renderReply(reply).text);
      expect(links.filter((link) => link !== '/mcp')).toEqual([]);
    }
  });

  it('need nothing to be remembered: every command fits its button', async () => {
    for (const reply of Object.values({ ...SCENES, ...(await gatewayScenes()) })) {
      const { lines, actions } = reply;
      const forms = [...lines.flatMap(({ action }) => action ?? []), ...actions].filter(
        ({ kind }) => kind === 'form',
      );
      expect(renderReply(reply).kept).toHaveLength(forms.length);
    }
  });
});
