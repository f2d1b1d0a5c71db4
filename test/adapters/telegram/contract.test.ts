import type { ChatGateway } from '../../../src/gateway/types.js';
import { type AdapterUnderTest, chatAdapterContract } from '../../contracts/chat-adapter.js';
import { contractPerson, openTelegram } from './opened.js';

async function inPrivate(gateway: ChatGateway, reachable: boolean): Promise<AdapterUnderTest> {
  const { adapter, ana, ben, close } = await openTelegram(gateway, { reachable });
  return { adapter, ana: contractPerson(ana), ben: contractPerson(ben), close };
}

chatAdapterContract('telegram, private chat', (gateway) => inPrivate(gateway, true), { forms: true });

chatAdapterContract('telegram, private chat, without a public URL', (gateway) => inPrivate(gateway, false));

chatAdapterContract(
  'telegram, group',
  async (gateway) => {
    const { api, adapter, ana, ben, close } = await openTelegram(gateway);
    const team = api.group('Team', [ana, ben], { kind: 'supergroup' });
    return { adapter, ana: contractPerson(ana, team), ben: contractPerson(ben, team), close };
  },
  { forms: true },
);
