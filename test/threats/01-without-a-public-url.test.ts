import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack } from '../helpers/sign-in-browser.js';
import type { TelegramPerson } from '../helpers/telegram/face.js';
import { digitsOn } from './pages.js';
import {
  answerTo,
  askedFor,
  linkIn,
  NO_PUBLIC_URL,
  onlyFor,
  plain,
  untilSees,
  useTelegram,
} from './telegram-scene.js';

const telegram = useTelegram();
const NOT_THEIRS = 'That address belongs to no sign-in that you have open.';

interface Phishing {
  readonly gateway: RunningGateway;
  readonly mallory: TelegramPerson;
  readonly vic: TelegramPerson;
  /** Mallory's link, behind which Vic signs in: the address that his browser is left with. */
  readonly address: URL;
}

async function phished(): Promise<Phishing> {
  const api = await telegram.platform();
  const mallory = api.person('Mallory', { username: 'mallory' });
  const vic = api.person('Vic', { username: 'vic' });
  const gateway = await telegram.gateway(api, { ...NO_PUBLIC_URL, ...onlyFor(mallory, vic) });
  const link = linkIn(await askedFor(mallory, '/mcp auth files'));
  return { gateway, mallory, vic, address: await consent(link, { login: 'vic' }) };
}

const credentials = async (gateway: RunningGateway): Promise<readonly string[]> =>
  await (await gateway.store()).records('credentials').keys();

describe('threat 1 without a public URL: Mallory sends Vic her link', () => {
  it('the address in Vic’s own chat signs in nobody, and tells him nothing of her', async () => {
    const { gateway, vic, address } = await phished();
    const said = plain((await answerTo(vic, address.href)).text);
    expect(said).toContain(NOT_THEIRS);
    expect(said).not.toMatch(/mallory|files/i);
    expect(telegram.scene.provider.counts.token).toBe(0);
    expect(await credentials(gateway)).toEqual([]);
    // The same as of an address that nobody ever had.
    const made = 'http://127.0.0.1:1/oauth/callback?code=a&state=b';
    expect(plain((await answerTo(vic, made)).text)).toBe(said);
  });

  it('a browser of Vic’s on the gateway’s machine gets digits that only Mallory’s chat takes, and she has not seen', async () => {
    const { gateway, mallory, vic, address } = await phished();
    const page = await comeBack(address);
    expect(page.text).toContain('@mallory');
    await answerTo(vic, `/mcp confirm ${digitsOn(page.text)}`);
    await untilSees(vic, 'No sign-in of yours waits for a code');
    await untilSees(mallory, 'one step left');
    expect(await credentials(gateway)).toEqual([]);
    expect(telegram.scene.files.counts.passed).toBe(0);
  });

  it('an address that was used is refused to whoever saw it', async () => {
    const { gateway, mallory, vic, address } = await phished();
    await mallory.type(address.href);
    await untilSees(mallory, 'files connected');
    expect(plain((await answerTo(vic, address.href)).text)).toContain(NOT_THEIRS);
    expect(plain((await answerTo(mallory, address.href)).text)).toContain('files connected');
    expect(telegram.scene.provider.counts.token).toBe(1);
    expect(await credentials(gateway)).toHaveLength(1);
  });
});
