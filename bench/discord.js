// CPU of a Discord bot on the Gateway that answers `/mcp` in a channel, beside bare discord.js.
import { measureHandling } from './handling.js';

export const run = () =>
  measureHandling({
    platform: 'Discord',
    sdk: 'discord.js',
    lengthOf: (payload) => JSON.stringify(payload).length,
  });
