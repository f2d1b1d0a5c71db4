// The least that a grammY bot is: it receives, and does nothing with it.
import { Bot } from 'grammy';

const [, , token, apiRoot] = process.argv;
new Bot(token, { client: { apiRoot } }).start();
