import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { AnswerTooLongError, type HttpAnswer, type HttpClient, LONGEST_ANSWER } from './client.js';

/** Node's own client: nothing to load. */
export function createLightClient(): HttpClient {
  const agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };
  return {
    send: ({ url, body, withinMs, ...asked }) =>
      new Promise((resolve, reject) => {
        const options = { ...asked, ...(withinMs === undefined ? {} : { timeout: withinMs }) };
        const answered = (answer: IncomingMessage) => read(answer).then(resolve, reject);
        const request = url.startsWith('https:')
          ? requestHttps(url, { ...options, agent: agents.https }, answered)
          : requestHttp(url, { ...options, agent: agents.http }, answered);
        request.on('error', reject);
        request.on('timeout', () => request.destroy(new Error('There was no answer in time.')));
        request.end(body);
      }),
    async close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function read(answer: IncomingMessage): Promise<HttpAnswer> {
  let text = '';
  answer.setEncoding('utf8');
  for await (const piece of answer) {
    text += piece;
    if (text.length > LONGEST_ANSWER) throw new AnswerTooLongError();
  }
  return { status: answer.statusCode ?? 0, headers: answer.headers, text };
}
