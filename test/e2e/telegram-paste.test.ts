import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import type { BotApi } from '../helpers/telegram/bot-api.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { digitsOn } from '../threats/pages.js';
import {
  answerTo,
  askedFor,
  linkIn,
  NO_PUBLIC_URL,
  newest,
  onlyFor,
  plain,
  untilSees,
  useTelegram,
} from '../threats/telegram-scene.js';

const telegram = useTelegram();
const CONNECTED = '✓ files connected · 1 tool';

interface Chat {
  readonly api: BotApi;
  readonly gateway: RunningGateway;
  readonly ana: TelegramPerson;
  readonly ben: TelegramPerson;
}

async function chat(words: object = {}): Promise<Chat> {
  const api = await telegram.platform();
  const ana = api.person('Ana', { username: 'ana' });
  const ben = api.person('Ben', { username: 'ben' });
  const gateway = await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(ana, ben), ...words });
  return { api, gateway, ana, ben };
}

/** What the person's phone shows after the provider: a page that does not open. */
async function failedPage(ana: TelegramPerson): Promise<URL> {
  return consent(linkIn(await askedFor(ana, '/mcp auth files')), { login: 'ana' });
}

const labelsOf = (person: TelegramPerson): readonly string[] =>
  newest(person)
    .buttons.flat()
    .map(({ label }) => label);

describe('Telegram without a public URL', () => {
  it('says what will happen, takes the address as a plain message, deletes it, and connects', async () => {
    const { ana, api, gateway } = await chat();
    const asked = await askedFor(ana, '/mcp auth files');
    expect(plain(asked.text)).toContain(
      'The page at the end will not open. Copy its address and send it to me here.',
    );
    expect(linkIn(asked).startsWith(telegram.scene.provider.issuer)).toBe(true);
    const address = await consent(linkIn(asked), { login: 'ana' });
    expect(address.origin).toBe(gateway.url);
    await ana.type(address.href);
    await expect
      .poll(() => ana.messages().map(({ text }) => plain(text)))
      .toEqual(['/mcp auth files', CONNECTED, CONNECTED]);
    expect(ana.messages().flatMap(({ buttons }) => buttons)).toEqual([]);
    const secret = address.searchParams.get('code') ?? 'none';
    expect(JSON.stringify(api.calls)).not.toContain(secret);
    expect(gateway.log.join('\n')).not.toContain(secret);
    expect(new Set(telegram.scene.files.callers)).toEqual(new Set(['ana']));
  });

  it('asks for it by a button too, and edits the message of the sign-in', async () => {
    const { ana } = await chat();
    const address = await failedPage(ana);
    expect(labelsOf(ana)).toContain('Paste the address');
    await ana.press('Paste the address');
    await expect.poll(() => newest(ana).forceReply).toBe(true);
    await ana.type(address.href, { replyTo: newest(ana) });
    await expect
      .poll(() => ana.messages().map(({ text }) => plain(text)))
      .toEqual(['/mcp auth files', CONNECTED]);
  });

  it('asks in the private chat where the command was given in a group, and takes none there', async () => {
    const { ana, api, ben } = await chat();
    // From then on the command is sent to the bot alone.
    await expect.poll(() => api.callsOf('setMyCommands').length).toBeGreaterThan(1);
    const group = api.group('Team', [ana, ben], { kind: 'supergroup', bot: 'admin' });
    const asked = await askedFor(ana, '/mcp auth files', group);
    expect(plain(asked.text)).toContain('give it with the button “Paste the address”.');
    const address = await consent(linkIn(asked), { login: 'ana' });
    await ana.press('Paste the address', group);
    await expect.poll(() => newest(ana).forceReply).toBe(true);
    await ana.type(address.href, { chat: group, replyTo: newest(ana, group) });
    await untilSees(ana, 'I take that address only in our private chat', group);
    expect(telegram.scene.provider.counts.token).toBe(0);
    await ana.type(address.href);
    await untilSees(ana, CONNECTED, group);
    expect(ben.sees(group)).not.toContain('code=');
  });

  it.each([
    [
      'something else',
      () => 'http://127.0.0.1/oauth/callback?code=x&state=y',
      'belongs to no sign-in that you have open',
    ],
    [
      'another issuer’s',
      (address: URL) => address.href.replace(/iss=[^&]*/, 'iss=https://evil.example'),
      'belongs to no sign-in',
    ],
  ] as const)('refuses %s, and the sign-in goes on', async (_what, sent, said) => {
    const { ana } = await chat();
    const address = await failedPage(ana);
    expect(plain((await answerTo(ana, sent(address))).text)).toContain(said);
    await ana.type(address.href);
    await untilSees(ana, CONNECTED);
  });

  it('says of what was pasted into the question and is no address that it is none, and keeps the link', async () => {
    const { ana } = await chat();
    const address = await failedPage(ana);
    await ana.press('Paste the address');
    await expect.poll(() => newest(ana).forceReply).toBe(true);
    await ana.type('http://127.0.0.1/');
    await untilSees(ana, 'That is not the address of the last page');
    expect(labelsOf(ana)).toEqual(expect.arrayContaining(['Sign in · files', 'Paste the address']));
    // Nor is a part of it, which is taken away all the same: there is a code in it.
    const [part = ''] = address.href.split('&');
    expect(plain((await answerTo(ana, part)).text)).toContain('Copy it whole.');
    await expect.poll(() => ana.sees()).not.toContain(address.searchParams.get('code'));
    await ana.type(address.href);
    await untilSees(ana, CONNECTED);
  });

  it('says of an old one how its sign-in ended', async () => {
    const { ana, gateway } = await chat();
    const address = await failedPage(ana);
    gateway.clock.advance(600_000);
    await untilSees(ana, 'files: the link expired after 10 minutes.');
    expect(plain((await answerTo(ana, address.href)).text)).toContain('the link expired after 10 minutes');
    expect(telegram.scene.provider.counts.token).toBe(0);
  });

  it('says that they declined', async () => {
    const { ana } = await chat();
    const link = linkIn(await askedFor(ana, '/mcp auth files'));
    const address = await consent(link, { answer: 'decline' });
    expect(plain((await answerTo(ana, address.href)).text)).toContain('files: you declined the request.');
    await ana.type('/mcp status files');
    await untilSees(ana, /declined just now: access_denied, RFC 6749 §4\.1\.2\.1/);
  });

  it('lets a browser on the gateway’s own machine come back by itself, with six digits', async () => {
    const { ana } = await chat();
    const address = await failedPage(ana);
    const page = await comeBack(address);
    await untilSees(ana, 'files: one step left');
    expect(plain((await answerTo(ana, address.href)).text)).toContain('one step left');
    await ana.type(`/mcp confirm ${digitsOn(page.text)}`);
    await untilSees(ana, CONNECTED);
    expect(telegram.scene.provider.counts.token).toBe(1);
  });

  it('does so with a public URL too where the config says paste, and only then', async () => {
    const words = {
      mcp_servers: { files: { url: telegram.scene.files.url, auth: 'oauth', oauth: { flow: 'paste' } } },
    };
    const api = await telegram.platform();
    const ana = api.person('Ana', { username: 'ana' });
    await telegram.gateway(api, { ...onlyFor(ana), ...words });
    await ana.type((await failedPage(ana)).href);
    await untilSees(ana, CONNECTED);
    const other = await telegram.platform();
    const ben = other.person('Ben', { username: 'ben' });
    await telegram.gateway(other, onlyFor(ben));
    await pressConnect(linkIn(await askedFor(ben, '/mcp auth files')));
    expect(plain(ben.sees())).toContain('It opens a page of this gateway.');
  });

  it('waits for an address over a restart', async () => {
    const { ana, api, gateway } = await chat();
    const address = await failedPage(ana);
    await gateway.stop();
    await telegram.gateway(
      api,
      { ...NO_PUBLIC_URL, ...onlyFor(ana) },
      {
        stateFolder: gateway.stateFolder,
        listen: { public: new URL(gateway.url).host, local: new URL(gateway.localUrl).host },
      },
    );
    await ana.type(address.href);
    await untilSees(ana, CONNECTED);
  });
});
