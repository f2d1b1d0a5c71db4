// The least that a discord.js bot is: it receives, and does nothing with it.
import { Client, GatewayIntentBits } from 'discord.js';

const [, , token, api] = process.argv;
new Client({ intents: [GatewayIntentBits.Guilds], rest: { api } }).login(token);
