import { chatAdapterContract } from '../../contracts/chat-adapter.js';
import { contractPerson, openDiscord } from './opened.js';

chatAdapterContract('discord, DM', async (gateway) => {
  const { adapter, ana, ben, close } = await openDiscord(gateway);
  return { adapter, ana: contractPerson(ana), ben: contractPerson(ben), close };
});

chatAdapterContract('discord, guild', async (gateway) => {
  const { adapter, ana, ben, general, close } = await openDiscord(gateway);
  return { adapter, ana: contractPerson(ana, general), ben: contractPerson(ben, general), close };
});
