import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import { type GatewayFolder, gatewayFolder } from '../helpers/gateway-folder.js';
import { hasText, linkIn, PipedChat, Program } from '../helpers/program.js';
import type { GatewayOptions, RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { type ShownMessage, WebVisitor } from '../helpers/web-visitor.js';
import { useScene } from './scene.js';

/** While true, the token endpoint takes requests and answers none. */
let stalled = false;
const scene = useScene({
  before: async (request) => {
    if (stalled && request.url === '/token') await new Promise(() => {});
  },
});

const LIFETIME_MS = 600_000;
const INTERRUPTED_MS = 60_001;
/** Nothing more can come of a line that says one of these. */
const ENDED = /connected · 1 tool|was interrupted|link expired|cancelled|you declined|could not|refused/;

const programs: Program[] = [];
const visitors: WebVisitor[] = [];
const gateways: RunningGateway[] = [];
let home: GatewayFolder | undefined;
afterEach(async () => {
  stalled = false;
  for (const visitor of visitors.splice(0)) visitor.close();
  for (const gateway of gateways.splice(0)) await gateway.stop();
  await Promise.all(programs.splice(0).map((program) => program.kill()));
  await home?.remove();
});

const SERVERS = ['s1', 's2', 's3', 's4', 's5', 's6', 's7', 's8'];

function words(): Readonly<Record<string, unknown>> {
  return {
    access: { users: ['web:mallory', 'web:vic'] },
    platforms: { web: { people: ['mallory', 'vic'] } },
    mcp_servers: Object.fromEntries(SERVERS.map((name) => [name, { url: scene.files.url, auth: 'oauth' }])),
  };
}

/** The program in a process of its own, for a kill. */
async function startProgram(): Promise<GatewayFolder> {
  home = await gatewayFolder(words());
  const program = new Program(['start', '--config', home.config]);
  programs.push(program);
  await program.untilSays('Ctrl-C stops it.');
  return home;
}

async function powerCut(): Promise<void> {
  await Promise.all(programs.splice(0).map((program) => program.kill()));
}

/** A gateway on the same state in this process, where time can be made to pass. */
async function another(beside: GatewayFolder, rest: Omit<GatewayOptions, 'words'>): Promise<RunningGateway> {
  const gateway = await scene.gateway(words(), { stateFolder: join(beside.folder, 'state'), ...rest });
  gateways.push(gateway);
  return gateway;
}

function restart(after: GatewayFolder): Promise<RunningGateway> {
  const { host } = new URL(after.publicUrl);
  return another(after, { listen: { public: host, local: new URL(after.localUrl).host } });
}

async function visit({ localUrl }: GatewayFolder, person: string): Promise<WebVisitor> {
  const visitor = await WebVisitor.open(localUrl, person);
  visitors.push(visitor);
  return visitor;
}

async function stepThrough(link: string) {
  const { location, cookies } = await pressConnect(link);
  return { cookies, callback: await consent(location, { login: 'vic' }) };
}

/** Comes back, to a gateway that will never answer. */
function comeBackInVain({ callback, cookies }: { callback: URL; cookies: string }): void {
  void comeBack(callback, cookies).catch(() => undefined);
}

async function untilTokenRequests(count: number): Promise<void> {
  await expect.poll(() => scene.provider.counts.token).toBe(count);
}

/** What the message says of one server. */
function lineOf(message: ShownMessage, server: string): string {
  return (
    message.text.split('\n').find((line) => line.startsWith(`${server} `) || line.startsWith(`${server}:`)) ??
    ''
  );
}

describe('threat 24: a sign-in that is cut off', () => {
  it('kill -9 in the middle of a batch: after the restart all of them end visibly, and no button is left', async () => {
    const before = await startProgram();
    const vic = await visit(before, 'vic');
    const message = await vic.say(`/mcp auth ${SERVERS.join(' ')}`);
    const [, , pressed, atConsent, quarantined, ...rest] = message.links;
    expect(rest).toHaveLength(3);
    await pressConnect(pressed ?? '');
    const consenting = await stepThrough(atConsent ?? '');
    await comeBack((await stepThrough(quarantined ?? '')).callback);
    await vic.untilSays('s5: one step left', message);
    stalled = true;
    const returning = await Promise.all(rest.map(stepThrough));
    for (const one of returning) comeBackInVain(one);
    await untilTokenRequests(4);
    await powerCut();
    stalled = false;

    const after = await restart(before);
    await vic.connect(after.localUrl);
    after.clock.advance(INTERRUPTED_MS);
    for (const name of ['s6', 's7', 's8'])
      await vic.untilSays(`${name}: the gateway was interrupted; nothing was kept.`, message);
    expect((await comeBack(consenting.callback, consenting.cookies)).text).toContain('s4 is connected');
    await vic.untilSays('s4 connected · 1 tool', message);
    after.clock.advance(LIFETIME_MS);
    for (const name of ['s1', 's2', 's3', 's5'])
      await vic.untilSays(`${name}: the link expired after 10 minutes.`, message);

    expect(SERVERS.map((name) => [name, ENDED.test(lineOf(message, name))])).toEqual(
      SERVERS.map((name) => [name, true]),
    );
    expect(message.text).not.toMatch(/finishing|asking its provider|one step left|Cancel/);
    expect(message.links).toEqual([]);
    const store = await after.store();
    for (const name of ['pending', 'finishing', 'waiting', 'open', 'started', 'browser'])
      await expect.poll(async () => [name, await store.records(name).keys()]).toEqual([name, []]);
    expect(await store.records('credentials').keys()).toHaveLength(1);
  }, 60_000);

  it('kill -9 between the callback and its outcome: the browser that reloads reads that too, and nothing is redeemed twice', async () => {
    const before = await startProgram();
    const vic = await visit(before, 'vic');
    const message = await vic.say('/mcp auth s1');
    stalled = true;
    const returned = await stepThrough(message.link);
    comeBackInVain(returned);
    await untilTokenRequests(1);
    await powerCut();
    stalled = false;
    const after = await restart(before);
    await vic.connect(after.localUrl);
    const meanwhile = await comeBack(returned.callback, returned.cookies);
    expect(meanwhile.text).toContain('being finished');
    after.clock.advance(INTERRUPTED_MS);
    await vic.untilSays('s1: the gateway was interrupted; nothing was kept.', message);
    expect(message.links).toEqual([]);
    expect(message.actions.map(({ label }) => label)).toEqual(['Try again']);
    expect((await comeBack(returned.callback, returned.cookies)).text).toContain('was interrupted');
    expect(scene.provider.counts.token).toBe(1);
  }, 60_000);

  it('the replica that finishes dies: another one, which has the chat, ends it', async () => {
    const dying = await startProgram();
    const living = await another(dying, { publicUrl: dying.publicUrl });
    const vic = await living.visitor('vic');
    const message = await vic.say('/mcp auth s1');
    stalled = true;
    comeBackInVain(await stepThrough(message.link));
    await untilTokenRequests(1);
    await powerCut();
    living.clock.advance(INTERRUPTED_MS);
    await vic.untilSays('s1: the gateway was interrupted; nothing was kept.', message);
    expect(message.links).toEqual([]);
    expect(vic.messages).toHaveLength(1);
  }, 60_000);

  it('it ends while the gateway with its chat is down: that one says so as soon as it is back', async () => {
    const gateway = await scene.gateway(words());
    const vic = await gateway.visitor('vic');
    const message = await vic.say('/mcp auth s1');
    await gateway.stop();
    const replica = await scene.gateway(
      { ...words(), platforms: {} },
      { stateFolder: gateway.stateFolder, publicUrl: gateway.url, clock: gateway.clock },
    );
    gateway.clock.advance(LIFETIME_MS + 1);
    const ended = (await replica.store()).records('ended');
    await expect.poll(async () => (await ended.keys()).length).toBe(1);
    await replica.stop();
    const back = await scene.gateway(words(), {
      stateFolder: gateway.stateFolder,
      listen: { public: new URL(gateway.url).host, local: new URL(gateway.localUrl).host },
      clock: gateway.clock,
    });
    await vic.connect(back.localUrl);
    await vic.untilSays('s1: the link expired after 10 minutes.', message);
    expect(message.links).toEqual([]);
  });

  it('the process with the terminal’s chat dies: the next one says what became of its links', async () => {
    home = await gatewayFolder({ ...words(), platforms: {}, security: { sign_in_lifetime: '1s' } });
    const first = new PipedChat(home.config, 'vic');
    programs.push(first);
    linkIn(await first.ask('/mcp auth s1 s2', 's2 — sign in at'));
    await first.ask('/mcp help', 'confirm');
    await powerCut();
    const next = new PipedChat(home.config, 'vic');
    programs.push(next);
    const told = await next.untilLine((line) => hasText(line, /s1: the link expired/), 'the outcome');
    expect(hasText(told, /s2: the link expired/)).toBe(true);
    expect(told.actions.filter(({ kind }) => kind === 'link')).toEqual([]);
  }, 60_000);
});

describe('threat 24: a sign-in that nobody finishes', () => {
  it('ends in the chat when its time is over, without a visit, a press or a command', async () => {
    const gateway = await scene.gateway(words());
    const vic = await gateway.visitor('vic');
    const message = await vic.say('/mcp auth s1 s2');
    expect(message.links).toHaveLength(2);
    gateway.clock.advance(LIFETIME_MS - 5_000);
    await gateway.app.gateway.sweep();
    expect(message.links).toHaveLength(2);
    gateway.clock.advance(5_001);
    await vic.untilSays('s1: the link expired after 10 minutes.', message);
    await vic.untilSays('s2: the link expired after 10 minutes.', message);
    expect(message.links).toEqual([]);
    expect(vic.messages).toHaveLength(1);
  });

  it('sixteen that stop at four moments, of two people, all end visibly', async () => {
    const gateway = await scene.gateway(words());
    const people = [await gateway.visitor('vic'), await gateway.visitor('mallory')];
    const messages = await Promise.all(people.map((person) => person.say(`/mcp auth ${SERVERS.join(' ')}`)));
    const links = messages.flatMap((message) => message.links);
    expect(links).toHaveLength(16);
    for (const [index, link] of links.entries()) {
      if (index % 4 === 1) await pressConnect(link);
      if (index % 4 === 2) await stepThrough(link);
      if (index % 4 === 3) await comeBack((await stepThrough(link)).callback);
    }
    gateway.clock.advance(LIFETIME_MS + 1);
    for (const [index, message] of messages.entries())
      for (const name of SERVERS) await people[index]?.untilSays(`${name}: the link expired`, message);
    for (const message of messages) {
      expect(message.links).toEqual([]);
      expect(message.text).not.toMatch(/sign in at|finishing|one step left/);
    }
    expect(scene.files.counts.passed).toBe(0);
    expect(scene.provider.counts.revocation).toBe(0);
  }, 60_000);
});
