import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';

/** As much of an answer as is needed. */
export interface HttpAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly withinMs: number;
}

export interface HttpClient {
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends what is under way. */
  close(): void;
}

/** A message is some kilobytes; what is longer is no answer of Discord's (threat 21). */
const LONGEST_ANSWER = 2 * 1_048_576;
const AT_ONCE = 32;

/** Node's own client: nothing to load. */
export function createHttpClient(): HttpClient {
  const options = { keepAlive: true, maxSockets: AT_ONCE };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return {
    send: ({ url, body, withinMs, ...asked }) =>
      new Promise((resolve, reject) => {
        const answered = (answer: IncomingMessage) => void read(answer).then(resolve, reject).finally(over);
        const request = url.startsWith('https:')
          ? requestHttps(url, { ...asked, agent: agents.https }, answered)
          : requestHttp(url, { ...asked, agent: agents.http }, answered);
        const timer = setTimeout(() => request.destroy(new Error('No answer in time.')), withinMs);
        const over = (): void => clearTimeout(timer);
        request.on('error', (error) => {
          over();
          reject(error);
        });
        request.end(body);
      }),
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

async function read(answer: IncomingMessage): Promise<HttpAnswer> {
  const { statusCode: status = 0, headers } = answer;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) {
      answer.destroy();
      throw new Error('The answer is too long.');
    }
    chunks.push(chunk);
  }
  return { status, headers, text: Buffer.concat(chunks).toString('utf8') };
}
