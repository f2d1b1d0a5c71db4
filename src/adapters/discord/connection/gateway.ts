import { setTimeout as sleep } from 'node:timers/promises';
import type { InTurn } from '../../../gateway/types.js';
import { keepTrying } from '../../common/keep-trying.js';
import { integerOf, membersOf, textOf } from '../../common/payload.js';
import { isOwnAddress } from '../../common/platform-address.js';
import { DiscordUnavailableError } from './api.js';
import { readApplication } from './application.js';
import type { Session } from './frames.js';
import { runSocket } from './socket.js';
import type { Transport, TransportParts } from './transport.js';

/** GUILD_MESSAGES and DIRECT_MESSAGES: neither is privileged. Interactions come with any. */
const INTENTS = (1 << 9) | (1 << 12);
/** Discord takes so many new sessions within five seconds (`max_concurrency`). */
const SESSIONS_WITHIN_MS = 5_000;
/** Where the session would go on may be gone for good. */
const RESUMED_IN_VAIN = 3;
const STOP_WITHIN_MS = 3_000;

const BROKEN_OFF = 'the connection broke off';
const NOT_CONNECTED = 'the connection could not be made';
const SENT_ELSEWHERE =
  'Discord sends /mcp to the Interactions Endpoint URL of this bot: clear it in the Developer Portal and restart, or use `mode: http`';

/** What nothing but an operator mends (Gateway Close Event Codes). */
const REMEDIES: ReadonlyMap<number, string> = new Map([
  [4010, 'Discord refuses the shard of this connection'],
  [4011, 'Discord asks for more connections than it advised'],
  [4012, 'Discord no longer serves this version of its Gateway: update mcp-chat-gateway'],
  [4013, 'Discord does not know the intents of this connection: update mcp-chat-gateway'],
  [4014, 'Discord refuses the intents of this bot: look at it in the Developer Portal, under Bot'],
]);
const TOKEN_REFUSED = 4004;
/** Of the Gateway, new sessions and resumed ones. */
const DOMAINS = ['discord.gg', 'discord.com'];

/** A connection is over that we did not end. */
class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
  readonly code = 'discord_broken_off';
  constructor(
    readonly closeCode: number,
    readonly worked: boolean,
  ) {
    super(`Discord’s Gateway ended the connection (${closeCode}).`);
  }
}

interface Door {
  readonly url: string;
  readonly shards: number;
  readonly atOnce: number;
}

export interface GatewayParts extends TransportParts {
  readonly token: string;
  readonly apiRoot: string;
  /** An event of any kind. Never throws. */
  readonly dispatch: (event: string, data: unknown) => void;
}

/** The Gateway, by one process: as many connections as Discord advises, each of which resumes its session after a drop. */
export function createGatewayConnection(parts: GatewayParts): Transport {
  const { api, apiRoot, reach, token, connected, log } = parts;
  const ending = new AbortController();
  const down = new Set<number>();
  let running: Promise<void> | undefined;
  let nextSessionMs = 0;
  let elsewhere: string | undefined;

  const isOwn = (url: string): boolean => isOwnAddress(url, 'wss:', { apiRoot, domains: DOMAINS });

  async function lookAround(): Promise<Door> {
    const application = await readApplication(api);
    if (application.interactionsUrl !== undefined) {
      elsewhere = SENT_ELSEWHERE;
      log.warn({ platform: 'discord' }, SENT_ELSEWHERE);
    }
    connected(application);
    return lookForDoor();
  }

  /** Before each new session, of which Discord takes so many a day: more than that, and it takes the token back. */
  async function lookForDoor(): Promise<Door> {
    return readDoor(bodyOf(await api.call({ method: 'GET', path: '/gateway/bot' })), isOwn);
  }

  async function wait(atOnce: number): Promise<void> {
    const nowMs = performance.now();
    const atMs = Math.max(nowMs, nextSessionMs);
    nextSessionMs = atMs + SESSIONS_WITHIN_MS / atOnce;
    if (atMs > nowMs)
      await sleep(atMs - nowMs, undefined, { signal: ending.signal, ref: false }).catch(() => undefined);
  }

  function up(shard: number, how: 'new' | 'resumed'): void {
    down.delete(shard);
    log.info({ platform: 'discord', how }, 'connected to Discord’s Gateway');
    if (down.size === 0) reach.works(elsewhere);
  }

  async function serve(shard: number, first: Door, turn: AbortSignal): Promise<void> {
    let looked: Door | undefined = first;
    let session: Session | undefined;
    let worked = false;
    let inVain = 0;

    async function door(): Promise<Pick<Door, 'url' | 'atOnce'>> {
      if (session !== undefined) return { url: session.url, atOnce: 1 };
      const found = looked ?? (await lookForDoor());
      looked = undefined;
      return found;
    }

    const connect = async () => {
      worked = false;
      if (inVain === RESUMED_IN_VAIN) session = undefined;
      const { url, atOnce } = await door();
      const ended = await runSocket({
        url,
        token,
        intents: INTENTS,
        shard: [shard, first.shards],
        ...(session === undefined ? {} : { session }),
        isOwn,
        turn: () => wait(atOnce),
        ready(how) {
          worked = true;
          up(shard, how);
        },
        dispatch: parts.dispatch,
        ending: turn,
      });
      if (ended.kind === 'stopped') return;
      session = ended.session;
      inVain = worked ? 0 : inVain + 1;
      throw new BrokenOff(ended.code, worked);
    };
    await keepTrying(connect, (error) => pauseAfter(error, shard), turn);
  }

  function pauseAfter(error: unknown, shard: number): number | undefined {
    down.add(shard);
    if (!(error instanceof BrokenOff)) return reach.failed(NOT_CONNECTED, error);
    const { closeCode, worked } = error;
    if (closeCode === TOKEN_REFUSED) reach.refuse();
    const remedy = REMEDIES.get(closeCode);
    if (remedy !== undefined) reach.giveUp(remedy);
    if (closeCode === TOKEN_REFUSED || remedy !== undefined) return undefined;
    const trouble = `${worked ? BROKEN_OFF : NOT_CONNECTED} (${closeCode})`;
    return worked ? reach.lost(trouble) : reach.failed(trouble);
  }

  /** Those who only wait for their turn look around too: they send. */
  async function runInTurn(inTurn: InTurn): Promise<void> {
    await keepTrying(
      async () => {
        await lookAround();
        reach.works(elsewhere);
      },
      (error) => reach.failed('it could not be asked', error),
      ending.signal,
    );
    await inTurn(run, ending.signal);
  }

  async function run(turn: AbortSignal): Promise<void> {
    const doors: Door[] = [];
    await keepTrying(
      async () => void doors.push(await lookAround()),
      (error) => reach.failed('it could not be asked', error),
      turn,
    );
    const [door] = doors;
    if (door === undefined) return;
    const shards = Array.from({ length: door.shards }, (_, shard) => shard);
    for (const shard of shards) down.add(shard);
    await Promise.all(shards.map((shard) => serve(shard, door, turn)));
  }

  return {
    start(inTurn) {
      running ??= inTurn === undefined ? run(ending.signal) : runInTurn(inTurn);
    },
    async stop() {
      ending.abort();
      await Promise.race([running, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}

function bodyOf(answer: Awaited<ReturnType<TransportParts['api']['call']>>): unknown {
  if (answer.kind === 'ok') return answer.body;
  throw new DiscordUnavailableError(`Discord does not tell where its Gateway is (${answer.status}).`);
}

function readDoor(body: unknown, isOwn: (url: string) => boolean): Door {
  const { url, shards, session_start_limit: limit } = membersOf(body);
  const address = textOf(url);
  const { remaining, reset_after: resetMs, max_concurrency: atOnce } = membersOf(limit);
  if (address === undefined || !isOwn(address))
    throw new DiscordUnavailableError('Discord does not tell where its Gateway is.');
  const wanted = Math.max(1, integerOf(shards) ?? 1);
  if ((integerOf(remaining) ?? wanted) < wanted)
    throw new DiscordUnavailableError(
      'Discord takes no more new connections of this bot for now.',
      integerOf(resetMs) ?? 0,
    );
  return { url: address.replace(/\/+$/, ''), shards: wanted, atOnce: Math.max(1, integerOf(atOnce) ?? 1) };
}
