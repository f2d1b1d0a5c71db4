import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BotApi } from '../helpers/telegram/bot-api.js';

/** What a Bot API server from before ephemeral messages does not know: it leaves it out, and says nothing. */
function withoutWhatIsNew(body: string): string {
  if (body === '') return body;
  const { ephemeral_message_parameters: _new, ...payload } = JSON.parse(body);
  const { reply_parameters: reply } = payload;
  if (reply?.message_id === undefined && reply?.ephemeral_message_id !== undefined)
    delete payload.reply_parameters;
  return JSON.stringify(payload);
}

/** A Bot API server of one's own that was not updated, between a gateway and the platform. */
export async function startOldBotApi({
  root,
}: BotApi): Promise<{ readonly root: string; close(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await fetch(`${root}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: withoutWhatIsNew(Buffer.concat(chunks).toString()) || '{}',
    }).catch(() => undefined);
    if (answer === undefined) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    root: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
