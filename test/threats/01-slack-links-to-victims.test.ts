import { describe, expect, it } from 'vitest';
import { consent } from '../helpers/consent.js';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, openPage, pressConnect, signIn } from '../helpers/sign-in-browser.js';
import type { SlackPerson, Where } from '../helpers/slack/face.js';
import type { Slack } from '../helpers/slack/slack.js';
import { digitsOn, shown, wrong } from './pages.js';
import { answerTo, askedFor, linkIn, onlyFor, untilSees, useSlack } from './slack-scene.js';

const slacks = useSlack();
const NOTHING_WAITS = 'No sign-in of yours waits for a code';

interface Phishing {
  readonly slack: Slack;
  readonly gateway: RunningGateway;
  readonly mallory: SlackPerson;
  readonly vic: SlackPerson;
  readonly here: Where;
}

async function phishing(words: object = {}): Promise<Phishing> {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [mallory, vic] = [acme.person('Mallory'), acme.person('Vic')];
  const here = { channel: acme.channel('team', [mallory, vic]) };
  const gateway = await slacks.gateway(slack, [acme], { ...onlyFor(mallory, vic), ...words });
  return { slack, gateway, mallory, vic, here };
}

const credentials = async (gateway: RunningGateway): Promise<readonly string[]> =>
  await (await gateway.store()).records('credentials').keys();

describe('threat 1: Mallory has Vic consent to a sign-in that she began in Slack', () => {
  it('the page names her, in the channel and in the DM; his tokens are used by nothing, and dropped', async () => {
    const { gateway, mallory, vic, here } = await phishing();
    for (const where of [here, undefined]) {
      const asked = await askedFor(mallory, '/mcp auth files', where);
      expect(shown((await openPage(linkIn(asked))).html)).toContain('Slack · @mallory asked for this.');
      const { location } = await pressConnect(linkIn(asked));
      const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
      expect(shown(page)).toContain('Only if Slack · @mallory is you');
      const digits = digitsOn(page);
      await untilSees(mallory, 'one step left');
      for (const code of [digits, `${digits.slice(0, 3)} ${digits.slice(3)}`])
        expect((await answerTo(vic, `/mcp confirm ${code}`, where)).text).toContain(NOTHING_WAITS);
      expect(mallory.seesAnywhere()).not.toMatch(new RegExp(`${digits.slice(0, 3)} ?${digits.slice(3)}`));
      for (let by = 1; by <= 5; by += 1) await answerTo(mallory, `/mcp confirm ${wrong(digits, by)}`, where);
      await untilSees(mallory, 'the code was wrong five times; nothing was kept');
    }
    expect(slacks.scene.files.counts.passed).toBe(0);
    expect(slacks.scene.provider.counts.revocation).toBe(0);
    expect(await credentials(gateway)).toEqual([]);
  });

  it('by the form too the code is hers to give alone: the form that she opens takes nothing from his chat', async () => {
    const { gateway, mallory, vic, here } = await phishing({ security: { confirm: 'always' } });
    const asked = await askedFor(mallory, '/mcp auth files', here);
    const { location } = await pressConnect(linkIn(asked));
    const digits = digitsOn((await comeBack(await consent(location, { login: 'vic' }))).text);
    await untilSees(mallory, 'one step left');
    const his = await askedFor(vic, '/mcp auth files', here);
    const page = await signIn(linkIn(his), { login: 'vic' });
    await untilSees(vic, 'one step left');
    await vic.fills('Enter code', { 'Six digits': digits });
    await untilSees(vic, 'that was not the code');
    expect(await credentials(gateway)).toEqual([]);
    await vic.types(`/mcp confirm ${digitsOn(page.text)}`, here);
    await untilSees(vic, 'files connected');
    expect(mallory.seesAnywhere()).not.toContain('files connected');
    expect(new Set(slacks.scene.files.callers)).toEqual(new Set(['vic']));
  });

  it('the page’s way back leads into Slack, and nowhere that Mallory chose', async () => {
    const { mallory, here } = await phishing();
    for (const where of [undefined, here]) {
      const asked = await askedFor(mallory, '/mcp auth files', where);
      const { location } = await pressConnect(linkIn(asked));
      const page = (await comeBack(await consent(location, { login: 'vic' }))).text;
      const links = [...page.matchAll(/href="(https?:[^"]*)"/g)].map(([, link]) => link ?? '');
      for (const link of links)
        expect(link).toMatch(/^https:\/\/slack\.com\/app_redirect\?team=T\w+&amp;channel=[CD]\w+$/);
    }
  });

  it('a name of hers that is made up to look like his is none that the page shows', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const vic = acme.person('Vic');
    const liars = ['@vic', '＠vic', '\u200bvic', 'vic ', 'v\u0131c'].map((displayName, at) =>
      acme.person(`Mallory ${at}`, { displayName, realName: displayName }),
    );
    await slacks.gateway(slack, [acme]);
    const pageOf = async (person: SlackPerson, text: string) =>
      shown((await openPage(linkIn(await askedFor(person, text)))).html);
    for (const text of ['/mcp auth files', 'mcp auth files']) {
      expect(await pageOf(vic, text)).toContain('Slack · @vic asked for this.');
      for (const [at, liar] of liars.entries())
        expect(await pageOf(liar, text)).toContain(`Slack · @mallory.${at} asked for this.`);
    }
  });
});

describe('threat 1: what remains', () => {
  /** Named in SECURITY.md: a link that Vic let out of his hands, and a code that he takes from somebody else. */
  it('who has Vic’s own link finishes it as somebody else; where a code is always asked, Vic has to bring that about', async () => {
    const { gateway, vic, here } = await phishing({ security: { confirm: 'always' } });
    const asked = await askedFor(vic, '/mcp auth files', here);
    const page = await signIn(linkIn(asked), { login: 'mallory' });
    await untilSees(vic, 'one step left');
    expect(await credentials(gateway)).toEqual([]);
    expect(slacks.scene.files.counts.passed).toBe(0);
    await vic.types(`/mcp confirm ${digitsOn(page.text)}`);
    await untilSees(vic, 'files connected');
    expect(new Set(slacks.scene.files.callers)).toEqual(new Set(['mallory']));
  });
});
