import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { type HttpClient, LONGEST_ANSWER, type Posted, postedOf } from './http-client.js';

/** Node's own client: nothing to load. */
export function createLightClient(): HttpClient {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return {
    post: ({ url, headers, body, signal }) =>
      new Promise((resolve, reject) => {
        const answered = (answer: IncomingMessage) => read(answer).then(resolve, reject);
        const asked = { method: 'POST', headers, signal };
        const request = url.startsWith('https:')
          ? requestHttps(url, { ...asked, agent: agents.https }, answered)
          : requestHttp(url, { ...asked, agent: agents.http }, answered);
        request.on('error', reject);
        request.end(body);
      }),
    async close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function read(answer: IncomingMessage): Promise<Posted> {
  let body = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    body += piece;
    if (body.length > LONGEST_ANSWER) throw new Error('The answer is too long.');
  }
  return postedOf(answer.statusCode ?? 0, answer.headers['retry-after'], body);
}
