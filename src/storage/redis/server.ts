import type { SharedNews } from '../shared-news.js';
import { checkRedis } from './check.js';
import { inRedis } from './failure.js';
import { RedisLink, type RedisLinkOptions } from './link.js';
import type { RedisScript } from './scripts.js';

/** Commands and scripts for one Redis; what fails is a StoreError that says what was being done. */
export class RedisServer {
  private constructor(
    private readonly url: string,
    private readonly link: RedisLink,
  ) {}

  /**
   * @param channel of the notices
   * @throws {StoreError} when it cannot be reached or used
   */
  static async open(
    { url, channel, openWaitMs }: Pick<RedisLinkOptions, 'url' | 'channel' | 'openWaitMs'>,
    news: SharedNews,
  ): Promise<RedisServer> {
    const link = await inRedis(url, 'open the store', () =>
      RedisLink.open({
        url,
        channel,
        openWaitMs,
        heard: (notice) => news.heard(notice),
        begun: () => news.begin(),
        lost: () => news.pause(),
      }),
    );
    const server = new RedisServer(url, link);
    try {
      checkRedis(url, String(await server.send('look at the server', ['INFO'])));
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  send(doing: string, command: readonly string[]): Promise<unknown> {
    return inRedis(this.url, doing, () => this.link.run((client) => client.sendCommand(command)));
  }

  run(
    doing: string,
    { source, sha }: RedisScript,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    return inRedis(this.url, doing, () =>
      this.link.run(async (client) => {
        try {
          return await client.sendCommand(['EVALSHA', sha, ...rest]);
        } catch (error) {
          // The server was restarted, or has never seen it.
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return await client.sendCommand(['EVAL', source, ...rest]);
        }
      }),
    );
  }

  /** In ms since the epoch. */
  async time(): Promise<number> {
    const [seconds, microseconds] = texts(await this.send('ask for the time', ['TIME']));
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  }

  close(): Promise<void> {
    return this.link.close();
  }
}

/** A reply that is a list or a set. */
export function texts(reply: unknown): readonly string[] {
  return Array.isArray(reply) || reply instanceof Set ? [...reply].map(String) : [];
}
