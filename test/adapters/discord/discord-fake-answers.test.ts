import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../helpers/discord/face.js';
import { EPHEMERAL, type FakeScene, GO, MINUTES, openFakeScene } from '../../helpers/discord/fake-scene.js';
import { callRest } from '../../helpers/discord/rest-call.js';
import { row } from '../../helpers/discord/sample-components.js';

let discord: FakeScene['discord'];
let clock: FakeScene['clock'];
let ana: FakeScene['ana'];
let ben: FakeScene['ben'];
let general: FakeScene['general'];
let made: FakeScene['made'];
let used: FakeScene['used'];
let shownButton: FakeScene['shownButton'];
let end: () => Promise<void>;
beforeEach(async () => {
  const scene = await openFakeScene();
  ({ discord, clock, ana, ben, general, made, used, shownButton } = scene);
  end = () => scene.discord.close();
});
afterEach(() => end());

describe('what comes of an interaction', () => {
  it('is seen by its person alone when ephemeral, until the client forgets it', async () => {
    await used().answer(4, { content: 'private', flags: EPHEMERAL });
    await used().answer(4, { content: 'public' });
    expect(ana.sees(general)).toBe('Acme MCP: private\n\nAcme MCP: public');
    expect(ben.sees(general)).toBe('Acme MCP: public');
    const [first] = ana.messages(general);
    expect(first).toMatchObject({ ephemeral: true, state: 'sent' });
    if (first !== undefined) ana.dismisses(first);
    expect(ana.sees(general)).toBe('Acme MCP: public');
  });

  it('is out of reach of channel routes when ephemeral', async () => {
    await used().answer(4, { content: 'private', flags: EPHEMERAL });
    const [message] = ana.messages(general);
    expect(await callRest(discord, `GET /channels/${general.id}/messages/${message?.id}`)).toMatchObject({
      code: 10008,
    });
    expect(await callRest(discord, `GET /channels/${general.id}/messages`)).toMatchObject({ json: [] });
  });

  it('pings nobody else when ephemeral', async () => {
    await used().answer(4, { content: `<@${ana.id}> <@${ben.id}> @everyone`, flags: EPHEMERAL });
    expect(ana.messages(general)).toMatchObject([{ pings: [ana.id] }]);
    expect(ben.pinged).toEqual([]);
  });

  it('is thinking until it is edited, and gives up after fifteen minutes', async () => {
    const first = used();
    await first.answer(5, { flags: EPHEMERAL });
    expect(await first.outcome).toEqual({ kind: 'thinking' });
    expect(ana.messages(general)).toMatchObject([{ state: 'thinking', text: 'Acme MCP is thinking…' }]);
    expect(ben.sees(general)).toBe('');
    expect(await first.hook('PATCH /messages/@original', { content: 'done' })).toMatchObject({
      status: 200,
      json: { content: 'done', flags: 64 },
    });
    expect(ana.messages(general)).toMatchObject([{ state: 'sent', text: 'done', edited: false }]);
    const second = used();
    await second.answer(5);
    clock.advance(15 * MINUTES);
    expect(ana.messages(general).at(-1)).toMatchObject({
      state: 'unanswered',
      text: 'The application did not respond',
    });
    expect(await second.hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({
      status: 401,
      code: 50027,
    });
  });

  it('can be followed by more, read, edited and deleted for fifteen minutes', async () => {
    const { answer, hook } = used();
    expect(await hook('POST ', { content: 'too early' })).toMatchObject({ status: 404, code: 10015 });
    await answer(4, { content: 'first' });
    const more = await hook('POST ', { content: 'more', flags: EPHEMERAL });
    const { id } = more.json as Fields;
    expect(more).toMatchObject({ status: 200, json: { flags: 64 } });
    expect(ben.sees(general)).toBe('Acme MCP: first');
    expect(await hook(`PATCH /messages/${id}`, { content: 'more!' })).toMatchObject({ status: 200 });
    expect(await hook('GET /messages/@original')).toMatchObject({ json: { content: 'first' } });
    expect(await hook('PATCH /messages/1', { content: 'x' })).toMatchObject({ status: 404, code: 10008 });
    expect(ana.sees(general)).toBe('Acme MCP: first\n\nAcme MCP: more!');
    expect(await hook('DELETE /messages/%40original')).toMatchObject({ status: 204 });
    expect(await hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({ code: 10008 });
    expect(await hook('POST ', {})).toMatchObject({ code: 50006 });
    clock.advance(15 * MINUTES);
    for (const route of ['POST ', `PATCH /messages/${id}`])
      expect(await hook(route, { content: 'x' })).toMatchObject({ status: 401, code: 50027 });
    expect(await hook(`DELETE /messages/${id}`)).toMatchObject({ status: 401, code: 50027 });
    expect(ana.sees(general)).toBe('Acme MCP: more!');
  });

  it('is over with its channel', async () => {
    const { answer, hook } = used();
    await answer(4, { content: 'first' });
    general.delete();
    for (const route of ['POST ', 'PATCH /messages/@original'])
      expect(await hook(route, { content: 'x' })).toMatchObject({ status: 404, code: 10003 });
  });

  it('is the edit of "is thinking…" when a follow-up comes first, with the flags of the deferral', async () => {
    const { answer, hook } = used();
    await answer(5, { flags: EPHEMERAL });
    await hook('POST ', { content: 'for all?' });
    expect(ana.messages(general)).toMatchObject([{ text: 'for all?', ephemeral: true }]);
    expect(ben.sees(general)).toBe('');
  });

  it('has five follow-ups where only the person installed the app', async () => {
    const eva = discord.person('Eva', { installed: true });
    const { answer, hook } = made(eva.types('/mcp', {}, discord.privateChannel([eva, ana])));
    await answer(4, { content: 'a' });
    for (let at = 0; at < 5; at += 1)
      expect(await hook('POST ', { content: 'b' })).toMatchObject({ status: 200 });
    expect(await hook('POST ', { content: 'b' })).toMatchObject({ status: 400, code: 40094 });
  });

  it('belongs to the application whose token it is', async () => {
    const { answer, payload } = used();
    await answer(4, { content: 'a' });
    const other = await callRest(discord, `POST /webhooks/12/${payload.token}`, { content: 'x' }, '');
    expect(other).toMatchObject({ code: 10015 });
    const guessed = await callRest(
      discord,
      `POST /webhooks/${discord.application.id}/abc`,
      { content: 'x' },
      '',
    );
    expect(guessed).toMatchObject({ status: 401, code: 50027 });
  });

  it('once components v2, stays so', async () => {
    const { answer, hook } = used();
    await answer(5);
    const V2 = 32768;
    expect(
      await hook('PATCH /messages/@original', { flags: V2, components: [{ type: 10, content: '# Hi' }] }),
    ).toMatchObject({
      status: 200,
    });
    expect(ana.messages(general)).toMatchObject([{ text: 'Hi', markup: [{ kind: 'heading' }] }]);
    expect(await hook('PATCH /messages/@original', { content: 'x' })).toMatchObject({ code: 50035 });
  });
});

describe('a button', () => {
  it('brings its message, and spins until it is answered', async () => {
    await shownButton();
    const { outcome, payload, answer, hook } = made(ana.presses('Go'));
    expect(payload).toMatchObject({
      type: 3,
      data: { custom_id: 'go', component_type: 2 },
      message: { content: 'Press', flags: 64, author: { id: discord.bot.id } },
    });
    expect(ana.sees(general)).toContain('Loading…');
    await answer(6);
    expect(await outcome).toEqual({ kind: 'acknowledged' });
    expect(ana.sees(general)).toBe('Acme MCP: Press\n[Go]');
    await hook('PATCH /messages/@original', { content: 'Pressed', components: [] });
    expect(ana.sees(general)).toBe('Acme MCP: Pressed');
  });

  it('updates its message, or says that it failed until it is pressed again', async () => {
    await shownButton();
    const { outcome } = made(ana.presses('Go'));
    clock.advance(3000);
    expect(await outcome).toEqual({ kind: 'failed', says: 'This interaction failed' });
    expect(ana.sees(general)).toContain('This interaction failed');
    const again = made(ana.presses('Go'));
    await again.answer(7, {
      content: 'Done',
      components: [
        { ...GO, components: [{ type: 2, style: 1, label: 'Go', custom_id: 'go', disabled: true }] },
      ],
    });
    expect(await again.outcome).toMatchObject({ kind: 'updated', message: { text: 'Done' } });
    expect(ana.sees(general)).toBe('Acme MCP: Done\n[Go (disabled)]');
    await expect(ana.presses('Go')).rejects.toThrow('disabled');
  });

  it('can be pressed by whoever sees it, and forged by anybody', async () => {
    await shownButton();
    expect(ben.messages(general).flatMap(({ buttons }) => buttons)).toEqual([]);
    const [message] = ana.messages(general);
    if (message === undefined) throw new Error('Ana sees nothing');
    const forged = made(ben.forges(message, 'other'));
    expect(forged.payload).toMatchObject({ member: { user: { id: ben.id } }, data: { custom_id: 'other' } });
    await forged.answer(4, { content: 'Not yours', flags: EPHEMERAL });
    expect(ben.sees(general)).toBe('Acme MCP: Not yours');
    await shownButton(0);
    expect(made(ben.presses('Go', general)).payload).toMatchObject({ type: 3 });
  });

  it('with a link opens it, and the app is not asked', async () => {
    const link = row({ type: 2, style: 5, label: 'Sign in', url: 'https://a.example/connect/1' });
    await used().answer(4, { content: 'x', components: [link] });
    const before = discord.sent.length;
    expect(await ana.presses('Sign in')).toEqual({ kind: 'opened', url: 'https://a.example/connect/1' });
    expect(discord.sent).toHaveLength(before);
    expect(ana.sees(general)).toContain('[Sign in: https://a.example/connect/1]');
  });
});
