import type { ChatGateway } from '../../../src/gateway/types.js';
import { type AdapterUnderTest, chatAdapterContract } from '../../contracts/chat-adapter.js';
import { contractPerson, type OpenedDiscord, openByHttp, openDiscord, openMounted } from './opened.js';

type Open = (gateway: ChatGateway) => Promise<OpenedDiscord>;

const inDm =
  (open: Open) =>
  async (gateway: ChatGateway): Promise<AdapterUnderTest> => {
    const { adapter, ana, ben, close } = await open(gateway);
    return { adapter, ana: contractPerson(ana), ben: contractPerson(ben), close };
  };

const inGuild =
  (open: Open) =>
  async (gateway: ChatGateway): Promise<AdapterUnderTest> => {
    const { adapter, ana, ben, general, close } = await open(gateway);
    return { adapter, ana: contractPerson(ana, general), ben: contractPerson(ben, general), close };
  };

chatAdapterContract('discord, DM', inDm(openDiscord));
chatAdapterContract('discord, guild', inGuild(openDiscord));
chatAdapterContract('discord, by HTTP, DM', inDm(openByHttp));
chatAdapterContract('discord, by HTTP, guild', inGuild(openByHttp));
chatAdapterContract('discord, mounted, DM', inDm(openMounted));
chatAdapterContract('discord, mounted, guild', inGuild(openMounted));
