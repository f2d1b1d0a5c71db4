// CPU of a Telegram bot that answers `/mcp` in a private chat, beside bare grammY.
import { measureHandling } from './handling.js';

export const run = () =>
  measureHandling({ platform: 'Telegram', sdk: 'grammY', lengthOf: (payload) => payload.text.length });
