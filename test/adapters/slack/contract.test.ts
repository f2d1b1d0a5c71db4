import type { ChatGateway } from '../../../src/gateway/types.js';
import { type AdapterUnderTest, chatAdapterContract } from '../../contracts/chat-adapter.js';
import { contractPerson, openMounted, openSlack } from './opened.js';

async function inDm(gateway: ChatGateway, mode: 'socket' | 'http'): Promise<AdapterUnderTest> {
  const { adapter, ana, ben, close } = await openSlack(gateway, { mode });
  return { adapter, ana: contractPerson(ana), ben: contractPerson(ben), close };
}

async function inChannel(gateway: ChatGateway, mode: 'socket' | 'http'): Promise<AdapterUnderTest> {
  const { acme, adapter, ana, ben, close } = await openSlack(gateway, { mode });
  const where = { channel: acme.channel('team', [ana, ben]) };
  return { adapter, ana: contractPerson(ana, where), ben: contractPerson(ben, where), close };
}

chatAdapterContract('slack, DM, Socket Mode', (gateway) => inDm(gateway, 'socket'));
chatAdapterContract('slack, DM, signed HTTP', (gateway) => inDm(gateway, 'http'));
chatAdapterContract('slack, channel, Socket Mode', (gateway) => inChannel(gateway, 'socket'));
chatAdapterContract('slack, channel, signed HTTP', (gateway) => inChannel(gateway, 'http'));
chatAdapterContract('slack, DM, mounted into a Bolt app', async (gateway) => {
  const { adapter, ana, ben, close } = await openMounted(gateway);
  return { adapter, ana: contractPerson(ana), ben: contractPerson(ben), close };
});
chatAdapterContract('slack, channel, mounted into a Bolt app', async (gateway) => {
  const { acme, adapter, ana, ben, close } = await openMounted(gateway);
  const where = { channel: acme.channel('team', [ana, ben]) };
  return { adapter, ana: contractPerson(ana, where), ben: contractPerson(ben, where), close };
});
