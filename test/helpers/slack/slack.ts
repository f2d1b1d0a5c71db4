import { freePort } from '../servers/free-port.js';
import { Delivery } from './delivery.js';
import { Echoes } from './echoes.js';
import { Events } from './events.js';
import type {
  ApiCall,
  Delivered,
  Failure,
  RawAnswer,
  Slack,
  SlackOptions,
  WorkspaceOptions,
} from './face.js';
import { FORM, HttpCarrier, JSON_TYPE, post } from './http-carrier.js';
import { HttpDoor } from './http-door.js';
import { installationFor } from './installing.js';
import { Platform } from './platform.js';
import type { Team } from './shapes.js';
import { signed } from './signing.js';
import { Sockets } from './sockets.js';
import { WebApi } from './web-api.js';
import { Workspace, type WorkspaceDeps } from './workspace.js';

export type * from './face.js';

const EVENTS = ['app_mention', 'message.im', 'app_home_opened', 'app_uninstalled', 'tokens_revoked'];
/** Slack's: at once, after a minute, after five. The first is here a little later, so that tests can see it. */
const RETRY_MS = [50, 60_000, 300_000];

class LocalSlack implements Slack {
  readonly #platform: Platform;
  readonly #api: WebApi;
  readonly #door: HttpDoor;
  readonly #delivery: Delivery;
  readonly #http: HttpCarrier;
  readonly #deps: WorkspaceDeps;
  readonly sockets: Sockets;
  readonly appToken: string;

  constructor(options: SlackOptions, port: number) {
    const { now = Date.now, commands = ['/mcp'], events = EVENTS, botName = 'acmemcp' } = options;
    const { triggerLifeMs = 10_000, patienceMs = 10_000 } = options;
    const hooksOrigin = `http://127.0.0.1:${port}`;
    const settings = { now, commands, events, botName, triggerLifeMs, patienceMs, hooksOrigin };
    const platform = new Platform(settings);
    const { appId, signingSecret, ids } = platform;
    const { socketPingMs: pingMs = 5000, maxSockets: most = 10 } = options;
    this.#platform = platform;
    this.appToken = platform.appToken ?? '';
    this.sockets = new Sockets({ port, appId, pingMs, most });
    this.#http = new HttpCarrier(signingSecret, now, options.deliverTo ?? []);
    this.#delivery = new Delivery({
      ackWithinMs: options.ackWithinMs ?? 10_000,
      retryMs: options.eventRetryMs ?? RETRY_MS,
      newId: () => ids.secret(16),
      carrier: () => (this.#http.urls.length > 0 ? this.#http : this.sockets),
    });
    const wrapped = new Events(platform, this.#delivery);
    const echoes = new Echoes(platform, wrapped);
    this.#deps = { platform, delivery: this.#delivery, events: wrapped, echoes };
    this.#api = new WebApi(platform, echoes, this.sockets.openUrl);
    const answer = this.#api.serve.bind(this.#api);
    this.#door = new HttpDoor(port, { answer, upgrade: this.sockets.upgrade });
  }

  get apiUrl(): string {
    return `${this.hooksOrigin}/api/`;
  }

  get hooksOrigin(): string {
    return this.#platform.settings.hooksOrigin;
  }

  get appId(): string {
    return this.#platform.appId;
  }

  get signingSecret(): string {
    return this.#platform.signingSecret;
  }

  workspace(name: string, options: WorkspaceOptions = {}): Workspace {
    const { ids, teams } = this.#platform;
    const { id = ids.next('T'), domain = name.toLowerCase().replaceAll(' ', '-'), enterpriseId } = options;
    const team: Team = { id, name, domain, enterpriseId, accounts: new Set(), installation: undefined };
    const installation = installationFor(this.#platform, team, options);
    teams.push(team);
    if (options.installed !== false) team.installation = installation;
    return new Workspace(this.#deps, team, installation.bot);
  }

  get calls(): readonly ApiCall[] {
    return this.#api.calls;
  }

  callsOf(method: string): readonly ApiCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  fail(method: string, how: Failure, times = 1): void {
    this.#api.faults.plan(method, how, times);
  }

  revokeAppToken(): void {
    this.#platform.appToken = undefined;
    this.sockets.disconnect('link_disabled');
  }

  get deliveries(): readonly Delivered[] {
    return this.#delivery.log;
  }

  redeliver({ kind, payload }: Delivered): Promise<Delivered> {
    return this.#delivery.send({ kind, payload });
  }

  deliverTo(urls: readonly string[]): void {
    this.#http.urls = urls;
  }

  verifyUrls(): Promise<readonly boolean[]> {
    return Promise.all(this.#http.urls.map((url) => this.#verify(url)));
  }

  sign(body: string, atMs = this.#platform.now()): Readonly<Record<string, string>> {
    const type = /^[[{]/.test(body) ? JSON_TYPE : FORM;
    return { ...type, ...signed(this.signingSecret, body, atMs) };
  }

  async post(url: string, body: string, headers: Readonly<Record<string, string>>): Promise<RawAnswer> {
    const { status, body: answer } = await post(url, body, headers);
    return { status, body: answer };
  }

  responseUrl(url: string) {
    const issued = this.#platform.responseUrls.byUrl(url);
    return issued && { usesLeft: issued.usesLeft, expiresAtMs: issued.expiresAtMs };
  }

  async goDown(): Promise<void> {
    this.sockets.drop();
    await this.#door.close();
  }

  comeBack(): Promise<void> {
    return this.#door.open();
  }

  async close(): Promise<void> {
    this.#delivery.close();
    await this.goDown();
  }

  async #verify(url: string): Promise<boolean> {
    const challenge = this.#platform.ids.secret();
    const token = this.#platform.verificationToken;
    const body = JSON.stringify({ token, challenge, type: 'url_verification' });
    const answer = await post(url, body, this.sign(body));
    return answer.status === 200 && answer.body.includes(challenge);
  }
}

/** Slack on a port of 127.0.0.1, and the workspaces, channels and people behind it. */
export async function startSlack(options: SlackOptions = {}): Promise<Slack> {
  const slack = new LocalSlack(options, await freePort());
  await slack.comeBack();
  return slack;
}
