// A process of its own: connects to every server first, all at the same time, then answers.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { answerWith } from './measuring.js';

async function look(url, timeout) {
  const client = new Client(
    { name: 'bench', version: '1' },
    { versionNegotiation: { mode: 'auto', probe: { timeoutMs: timeout } } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(url)), { timeout });
  const { tools } = await client.listTools();
  return tools.length;
}

/** The limit is over all that connecting does, as the gateway's is. */
async function within(ms, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('timeout')), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

answerWith(async ({ urls, seconds }) => {
  const fromMs = performance.now();
  const looks = await Promise.allSettled(
    urls.map((url) => within(seconds * 1000, look(url, seconds * 1000))),
  );
  return {
    answeredMs: performance.now() - fromMs,
    reached: looks.filter(({ status }) => status === 'fulfilled').length,
  };
});
