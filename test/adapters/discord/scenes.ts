import { codeForm, keyForm } from '../../../src/gateway/actions.js';
import type { Reply } from '../../../src/gateway/types.js';
import { signInView } from '../../../src/gateway/views/sign-in.js';
import { gatewayScenes } from '../telegram/gateway-scenes.js';
import { SCENES } from '../telegram/scenes.js';

const WITH_FORMS: Readonly<Record<string, Reply>> = {
  'a key that is asked for by a form': signInView({
    items: [{ server: 'github', kind: 'key', names: ['GITHUB_TOKEN'] }],
    more: 0,
    forms: true,
  }),
  'rows that open forms': {
    title: 'MCP servers',
    aside: '0 of 2 ready',
    lines: [
      { mark: 'attention', cells: ['github', '', 'key needed'], action: keyForm('github', ['GITHUB_TOKEN']) },
      { mark: 'attention', cells: ['jira', '', 'waiting for your code'], action: codeForm },
    ],
    actions: [],
  },
};

/** Every reply that the gateway has, made by its own views: Telegram's, and those with forms. */
export async function allScenes(): Promise<readonly (readonly [name: string, reply: Reply])[]> {
  return Object.entries({ ...SCENES, ...(await gatewayScenes()), ...WITH_FORMS });
}
