import { describe, expect, it } from 'vitest';
import { renderReply } from '../../../src/adapters/discord/outgoing/render.js';
import { checkV2Components } from '../../helpers/discord/checks/components.js';
import { Form } from '../../helpers/discord/form.js';
import { onPhone } from './phone.js';
import { allScenes } from './scenes.js';

describe('the replies of the gateway, on a phone', () => {
  it('read as they are written down', async () => {
    const pictures = (await allScenes()).map(
      ([name, reply]) => `## ${name}\n\n${onPhone(renderReply(reply))}\n`,
    );
    await expect(pictures.join('\n')).toMatchFileSnapshot('../../fixtures/discord/replies.txt');
  });

  it('are taken by Discord, every one', async () => {
    for (const [name, reply] of await allScenes()) {
      const { components } = renderReply(reply);
      const form = new Form({ components });
      checkV2Components(form.at('components'));
      expect(() => form.refuseIfWrong(), name).not.toThrow();
    }
  });

  it('need nothing to be remembered but forms: every command fits its button', async () => {
    for (const [name, reply] of await allScenes()) {
      const actions = [...reply.lines.flatMap(({ action }) => action ?? []), ...reply.actions];
      const forms = actions.filter(({ kind }) => kind === 'form');
      expect(renderReply(reply).kept, name).toHaveLength(forms.length);
    }
  });
});
