import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { Discord, DiscordChannel, DiscordPerson } from '../helpers/discord/face.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import {
  answerTo,
  askedFor,
  linkIn,
  modalOf,
  NOT_YOURS,
  NOTHING_WAITS,
  newest,
  onlyFor,
  plain,
  saidBy,
  untilSees,
  useDiscord,
} from './discord-scene.js';
import { digitsOn, shown, wrong } from './pages.js';

const threats = useDiscord();

interface Phishing {
  readonly discord: Discord;
  readonly gateway: RunningGateway;
  readonly mallory: DiscordPerson;
  readonly vic: DiscordPerson;
  readonly general: DiscordChannel;
}

async function phishing(words: object = {}): Promise<Phishing> {
  const discord = await threats.platform();
  const [mallory, vic] = [discord.person('Mallory'), discord.person('Vic')];
  const general = discord.guild('Acme', [mallory, vic]).channel('general');
  const gateway = await threats.gateway(discord, { ...onlyFor(mallory, vic), ...words });
  return { discord, gateway, mallory, vic, general };
}

const credentials = async (gateway: RunningGateway): Promise<readonly string[]> =>
  await (await gateway.store()).records('credentials').keys();

describe('threat 1: Mallory has Vic consent to a sign-in of hers', () => {
  it('by the link itself: the page names her account before anything happens', async () => {
    const { mallory, general } = await phishing();
    const page = await openPage(linkIn(await askedFor(mallory, 'auth files', general)));
    expect(shown(page.html)).toContain('Discord · @mallory asked for this.');
    expect(threats.scene.provider.counts.authorization).toBe(0);
  });

  it('by the address behind it: his tokens are used by nothing, his code helps nobody, and five tries drop them', async () => {
    const { gateway, vic, mallory, general } = await phishing();
    const asked = await askedFor(mallory, 'auth files', general);
    const { location } = await pressConnect(linkIn(asked));
    const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
    expect(shown(page)).toContain('Only if Discord · @mallory is you');
    await untilSees(mallory, 'one step left', general);
    const digits = digitsOn(page);
    // He gives it where he can: to his own chat, to the channel, and into her form.
    for (const where of [undefined, general]) {
      await answerTo(vic, `confirm ${digits}`, where);
      await untilSees(vic, NOTHING_WAITS, where);
    }
    const form = modalOf(await mallory.presses('Enter code', general));
    expect(saidBy(await vic.submits(form, { 'Six digits': digits }))).toBe(NOT_YOURS);
    const seen = plain(mallory.sees(general) + mallory.sees());
    expect(seen).not.toMatch(new RegExp(`${digits}|${digits.slice(0, 3)} ${digits.slice(3)}`));
    for (let by = 1; by <= 5; by += 1) await mallory.submits(form, { 'Six digits': wrong(digits, by) });
    await untilSees(mallory, 'the code was wrong five times; nothing was kept', general);
    expect(threats.scene.files.counts.passed).toBe(0);
    expect(threats.scene.provider.counts.revocation).toBe(0);
    expect(await credentials(gateway)).toEqual([]);
  });

  it('the page’s way back leads to Discord itself, and to no place that she chose', async () => {
    const { mallory, general } = await phishing();
    for (const where of [undefined, general]) {
      const asked = await askedFor(mallory, 'auth files', where);
      const { location } = await pressConnect(linkIn(asked));
      const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
      const links = [...page.matchAll(/href="(https?:[^"]*)"/g)].map(([, link]) => link ?? '');
      for (const link of links)
        expect(link).toMatch(/^https:\/\/discord\.com\/channels\/(@me|\d{17,20})\/\d{17,20}$/);
    }
  });

  it('a code of her own sign-in does nothing for him, and a wrong one costs him one of five tries of his own', async () => {
    const { vic, mallory, general } = await phishing({ security: { confirm: 'always' } });
    const hers = await askedFor(mallory, 'auth files', general);
    const malloryDigits = digitsOn((await signIn(linkIn(hers), { login: 'mallory' })).text);
    await untilSees(mallory, 'one step left', general);
    const his = await askedFor(vic, 'auth files', general);
    const digits = digitsOn((await signIn(linkIn(his), { login: 'vic' })).text);
    await untilSees(vic, 'one step left', general);
    expect(malloryDigits).not.toBe(digits);
    await answerTo(vic, `confirm ${malloryDigits}`, general);
    await untilSees(vic, '4 tries left', general);
    await answerTo(vic, `confirm ${digits}`, general);
    await untilSees(vic, 'files connected', general);
    expect(plain(newest(mallory, general).text)).toContain('one step left');
    expect(new Set(threats.scene.files.callers)).toEqual(new Set(['vic']));
  });

  it('anyone may use it: every sign-in waits for its code', async () => {
    const { vic, general } = await phishing({ access: { users: '*' } });
    const page = await signIn(linkIn(await askedFor(vic, 'auth files', general)), { login: 'vic' });
    await untilSees(vic, 'one step left', general);
    expect(threats.scene.files.counts.passed).toBe(0);
    const form = modalOf(await vic.presses('Enter code', general));
    await vic.submits(form, { 'Six digits': digitsOn(page.text) });
    await untilSees(vic, 'files connected', general);
  });
});
