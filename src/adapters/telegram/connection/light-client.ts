import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import { type HttpClient, methodOf, plainHeaders } from './http-client.js';

/** Node's own client: nothing to load. */
export function createLightClient(): HttpClient {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return {
    fetch: (url, asked) =>
      new Promise((resolve, reject) => {
        const { body, signal } = asked;
        const options = {
          method: methodOf(asked),
          headers: plainHeaders(asked),
          ...(signal == null ? {} : { signal }),
        };
        const answered = (answer: IncomingMessage) => resolve({ json: () => json(answer) });
        const request = url.startsWith('https:')
          ? requestHttps(url, { ...options, agent: agents.https }, answered)
          : requestHttp(url, { ...options, agent: agents.http }, answered);
        request.on('error', reject);
        request.end(typeof body === 'string' ? body : undefined);
      }),
    async close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}
