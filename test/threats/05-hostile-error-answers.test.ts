import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RunningGateway } from '../helpers/running-gateway.js';
import { comeBack, pressConnect } from '../helpers/sign-in-browser.js';
import { exchange } from '../http/exchange.js';
import { useScene } from './scene.js';

/** What the token endpoint answers, in place of the provider's own. */
let tokenAnswer: string | undefined;
const scene = useScene({
  before(request, response) {
    if (tokenAnswer === undefined || !request.url?.startsWith('/token')) return;
    response.writeHead(400, { 'content-type': 'application/json' }).end(tokenAnswer);
  },
});

const MARK = 'zxmarkzx';
const HOSTILE: readonly (readonly [string, string])[] = [
  ['markup', `<script>alert('${MARK}')</script><img src=x onerror=alert(1)>`],
  ['mentions', `@everyone <!channel> <@U123> @here ${MARK}`],
  ['ANSI escapes', `\u001b[2J\u001b[31m${MARK}\u001b]8;;http://mallory.example\u0007click\u001b]8;;\u0007`],
  ['a forged log line', `${MARK}\n{"level":30,"msg":"files connected"}\r\n\u2028and more`],
  ['reversed text', `\u202e${MARK}\u2066\u200b`],
  ['a link', `Sign in at https://mallory.example/${MARK} to go on`],
  ['six thousand letters', `${MARK}${'A'.repeat(6000)}`],
];

const NOTHING_OF_IT = /zxmarkzx|mallory\.example|AAAA|everyone|alert|\p{Cf}|\\u001b|\[31m/u;

async function asked(gateway: RunningGateway) {
  const vic = await gateway.visitor('vic');
  const message = await vic.say('/mcp auth files');
  const { location, cookies } = await pressConnect(message.link);
  const state = new URL(location).searchParams.get('state') ?? '';
  return { vic, message, cookies, state };
}

function errorAnswer({ url }: RunningGateway, answer: Readonly<Record<string, string>>): URL {
  const query = new URLSearchParams({ iss: scene.provider.issuer, ...answer });
  return new URL(`/oauth/callback?${query}`, url);
}

/** Its lines about what a provider said, as they were written. */
function linesAbout(gateway: RunningGateway, text: string | RegExp): readonly string[] {
  return gateway.log.filter((line) => (typeof text === 'string' ? line.includes(text) : text.test(line)));
}

describe('threat 5: `error` answers', () => {
  it.each(HOSTILE)(
    'with a foreign state and %s: the stranger’s page, no word of it anywhere',
    async (_kind, text) => {
      const gateway = await scene.gateway();
      const { vic, message, cookies, state } = await asked(gateway);
      const stranger = { state: randomBytes(32).toString('base64url') };
      const plain = await comeBack(errorAnswer(gateway, { ...stranger, error: 'access_denied' }));
      const hostile = { ...stranger, error: 'server_error', error_description: text };
      expect(plain.status).toBe(400);
      expect(await comeBack(errorAnswer(gateway, hostile), cookies)).toEqual(plain);
      expect(linesAbout(gateway, MARK)).toEqual([]);
      expect(message.edits).toBe(0);
      await comeBack(errorAnswer(gateway, { state, error: 'access_denied' }), cookies);
      await vic.untilSays('you declined the request', message);
    },
  );

  it.each(HOSTILE)(
    'with the flow’s own state and %s: logged on one line, cut; never on a page or in the chat',
    async (_kind, text) => {
      const gateway = await scene.gateway();
      const { vic, message, cookies, state } = await asked(gateway);
      const answer = {
        state,
        error: 'server_error',
        error_description: text,
        error_uri: `https://${MARK}.example`,
      };
      const page = await comeBack(errorAnswer(gateway, answer), cookies);
      expect(page.text).toContain('files could not be connected');
      await vic.untilSays(/files: .+ had a problem of its own\./, message);
      const status = await vic.say('/mcp status files');
      for (const shown of [page.text, vic.everything, status.text]) expect(shown).not.toMatch(NOTHING_OF_IT);
      const lines = linesAbout(gateway, 'the provider answered a sign-in with an error');
      expect(lines).toHaveLength(1);
      const [line = ''] = lines;
      const { description } = JSON.parse(line) as { description: string };
      expect(line.trimEnd().split(/[\n\r\u2028]/)).toHaveLength(1);
      expect(description.length).toBeLessThanOrEqual(200);
      expect(description).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(scene.provider.counts.token).toBe(0);
    },
  );

  it.each([
    ['markup', '<b>zxmarkzx</b>'],
    ['a long one', `zxmarkzx${'e'.repeat(240)}`],
  ])('whose `error` itself is %s: said in our words alone', async (_kind, error) => {
    const gateway = await scene.gateway();
    const { vic, message, cookies, state } = await asked(gateway);
    const page = await comeBack(errorAnswer(gateway, { state, error }), cookies);
    await vic.untilSays(/refused the sign-in/, message);
    expect(`${page.text}${vic.everything}${gateway.log.join('')}`).not.toContain(MARK);
  });

  it('of a megabyte are not even read: nothing is logged of them, and the flow lives', async () => {
    const gateway = await scene.gateway();
    const { vic, message, cookies, state } = await asked(gateway);
    const huge = errorAnswer(gateway, {
      state,
      error: 'server_error',
      error_description: MARK.repeat(131_072),
    });
    const answer = await exchange(huge.href, { headers: { cookie: cookies } }).catch(() => ({
      status: 431,
      body: '',
    }));
    expect([413, 414, 431]).toContain(answer.status);
    const long = errorAnswer(gateway, { state, error: 'server_error', error_description: MARK.repeat(1500) });
    expect((await exchange(long.href, { headers: { cookie: cookies } })).status).toBe(414);
    expect(linesAbout(gateway, MARK)).toEqual([]);
    expect(message.edits).toBe(0);
    await comeBack(errorAnswer(gateway, { state, error: 'access_denied' }), cookies);
    await vic.untilSays('you declined the request', message);
  });

  it('repeated descriptions are no answer of any provider: the stranger’s page, and the flow lives', async () => {
    const gateway = await scene.gateway();
    const { message, cookies, state } = await asked(gateway);
    const twice = errorAnswer(gateway, { state, error: 'server_error', error_description: MARK });
    twice.searchParams.append('error_description', MARK);
    expect((await comeBack(twice, cookies)).status).toBe(400);
    expect(message.edits).toBe(0);
  });
});

describe('threat 5: the token endpoint says it instead', () => {
  it.each(HOSTILE)(
    '%s in its error: one log line, cut; never on a page or in the chat',
    async (_kind, text) => {
      const gateway = await scene.gateway();
      const { vic, message, cookies, state } = await asked(gateway);
      tokenAnswer = JSON.stringify({ error: 'invalid_grant', error_description: text, error_uri: text });
      try {
        const page = await comeBack(errorAnswer(gateway, { state, code: 'any-code' }), cookies);
        expect(page.text).toContain('files could not be connected');
        await vic.untilSays(/files: .+\./, message);
        await vic.until(() => (message.links.length === 0 ? true : undefined), 'the button is gone');
        const status = await vic.say('/mcp status files');
        for (const shown of [page.text, vic.everything, status.text])
          expect(shown).not.toMatch(NOTHING_OF_IT);
        for (const line of linesAbout(gateway, MARK)) {
          expect(line.trimEnd().split(/[\n\r\u2028]/)).toHaveLength(1);
          expect(line.length).toBeLessThan(4000);
        }
      } finally {
        tokenAnswer = undefined;
      }
    },
  );
});
