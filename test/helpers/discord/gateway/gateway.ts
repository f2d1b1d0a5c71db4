import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { INTENTS, type PlatformEvent, PRIVILEGED } from '../events.js';
import type { Fields, GatewayDoor } from '../face.js';
import type { Platform } from '../platform.js';
import { wireCreatedGuild } from '../wire/guilds.js';
import { Connection } from './connection.js';
import { readyPayload } from './ready.js';
import { Session, type Shard } from './session.js';

export interface GatewaySettings {
  readonly heartbeatIntervalMs: number;
  readonly privilegedIntents: number;
  /** `ws://127.0.0.1:P`. */
  readonly origin: string;
}

const ALL_INTENTS = (1 << 26) - 1;
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The WebSockets at `/gateway` and `/resume`, and the sessions behind them. */
export class Gateway implements GatewayDoor {
  readonly #platform: Platform;
  readonly #settings: GatewaySettings;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #open = new Map<WebSocket, Connection>();
  readonly #sessions = new Map<string, Session>();
  #up = true;
  #acknowledges = true;
  connections = 0;
  identifies = 0;
  resumes = 0;
  intents: number | undefined;

  constructor(platform: Platform, settings: GatewaySettings) {
    this.#platform = platform;
    this.#settings = settings;
    platform.listen((event) => this.hear(event));
  }

  get url(): string {
    return `${this.#settings.origin}/gateway`;
  }

  get ready(): number {
    return [...this.#sessions.values()].filter(({ socket }) => socket !== undefined).length;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.#settings.origin);
    const known = ['/gateway', '/resume'].includes(pathname.replace(/\/$/, ''));
    if (!this.#up || !known) {
      socket.end(`HTTP/1.1 ${known ? 503 : 404} Refused\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (accepted) => {
      const version = searchParams.get('v');
      if (version !== '10') accepted.close(4012, 'Invalid API version.');
      else if (searchParams.get('encoding') !== 'json') accepted.close(4002, 'Decode error.');
      else this.#accept(accepted);
    });
  }

  hear(event: PlatformEvent): void {
    for (const session of this.#sessions.values()) session.hear(event);
  }

  drop(closeCode?: number): void {
    for (const socket of this.#open.keys()) {
      if (closeCode === undefined) socket.terminate();
      else socket.close(closeCode);
      this.#forget(socket);
    }
  }

  goDown(): void {
    this.#up = false;
    this.drop();
  }

  comeBack(): void {
    this.#up = true;
  }

  askToReconnect(): void {
    for (const connection of this.#open.values()) connection.send({ op: 7, d: null });
  }

  invalidate(resumable: boolean): void {
    for (const [socket, connection] of this.#open) {
      connection.send({ op: 9, d: resumable });
      this.#forget(socket);
    }
    if (!resumable) this.#sessions.clear();
  }

  stopAcknowledging(): void {
    this.#acknowledges = false;
  }

  dispatch(event: string, data: unknown): void {
    for (const session of this.#sessions.values()) session.dispatch(event, data);
  }

  /** The token is worth nothing any more. */
  shutOut(): void {
    this.#sessions.clear();
    this.drop(4004);
  }

  close(): void {
    for (const socket of this.#open.keys()) socket.terminate();
    this.#server.close();
  }

  #accept(socket: WebSocket): void {
    this.connections += 1;
    const connection = new Connection(socket, this.#settings.heartbeatIntervalMs, {
      identify: (data, from) => this.#identify(data, from),
      resume: (data, from) => this.#resume(data, from),
      acknowledges: () => this.#acknowledges,
    });
    this.#open.set(socket, connection);
    socket.on('close', (code) => {
      this.#open.delete(socket);
      // A client that says goodbye has no session to resume.
      if (code === 1000 || code === 1001) this.#sessions.delete(connection.session?.id ?? '');
    });
  }

  #forget(socket: WebSocket): void {
    this.#open.get(socket)?.session?.disconnect(socket);
  }

  #identify(data: Fields, socket: WebSocket): Session | number {
    this.identifies += 1;
    if (!this.#platform.knowsToken(text(data.token).replace(/^Bot /, ''))) return 4004;
    const { intents } = data;
    if (typeof intents !== 'number' || (intents & ~ALL_INTENTS) !== 0) return 4013;
    this.intents = intents;
    if ((intents & PRIVILEGED & ~this.#settings.privilegedIntents) !== 0) return 4014;
    const shard = shardOf(data.shard);
    if (shard === undefined) return 4010;
    const session = new Session(randomBytes(16).toString('hex'), intents, shard);
    session.connect(socket);
    this.#sessions.set(session.id, session);
    this.#greet(session);
    return session;
  }

  #greet(session: Session): void {
    const guilds = [...this.#platform.directory.guilds.values()].filter(({ bot }) => bot);
    session.dispatch(
      'READY',
      readyPayload(this.#platform, session, `${this.#settings.origin}/resume`, guilds),
    );
    for (const guild of guilds)
      session.hear({
        name: 'GUILD_CREATE',
        data: wireCreatedGuild(guild, this.#platform.bot),
        intents: INTENTS.guilds,
        guild,
      });
  }

  #resume(data: Fields, socket: WebSocket): Session | number | 'invalid' {
    if (!this.#platform.knowsToken(text(data.token).replace(/^Bot /, ''))) return 4004;
    const session = this.#sessions.get(text(data.session_id));
    if (session === undefined) return 'invalid';
    if (typeof data.seq !== 'number' || data.seq > session.seq) return 4007;
    this.resumes += 1;
    session.connect(socket);
    session.replayAfter(data.seq);
    session.dispatch('RESUMED', { _trace: [] });
    return session;
  }
}

function shardOf(value: unknown): Shard | undefined {
  if (value === undefined) return { index: 0, count: 1 };
  const [index, count] = Array.isArray(value) ? value : [];
  const whole = Number.isInteger(index) && Number.isInteger(count) && index >= 0 && index < count;
  return whole ? { index, count } : undefined;
}
