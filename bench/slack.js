// CPU of a Slack app in Socket Mode that answers `/mcp` in a channel, beside bare Bolt.
import { measureHandling } from './handling.js';

export const run = () =>
  measureHandling({
    platform: 'Slack',
    sdk: 'Bolt',
    lengthOf: (payload) => JSON.stringify(payload.blocks ?? payload.text ?? '').length,
  });
