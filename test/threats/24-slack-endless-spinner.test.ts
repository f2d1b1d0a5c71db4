import { describe, expect, it } from 'vitest';
import { startHttpPeer } from '../helpers/http-peer.js';
import { signIn } from '../helpers/sign-in-browser.js';
import type { Where } from '../helpers/slack/face.js';
import {
  answerTo,
  askedFor,
  configuredKey,
  heard,
  linkIn,
  newest,
  onlyFor,
  untilSees,
  useSlack,
} from './slack-scene.js';

const slacks = useSlack();
/** What says that more is to come, and must not say so for ever. */
const MORE_TO_COME = /Working…|connecting…|asking its provider…|finishing…|has not answered yet/;

async function team() {
  const slack = await slacks.platform();
  const acme = slack.workspace('Acme');
  const [ana, ben] = [acme.person('Ana'), acme.person('Ben')];
  const here: Where = { channel: acme.channel('team', [ana, ben]) };
  return { slack, acme, ana, ben, here };
}

/** An MCP server that takes its time. */
async function slow(afterMs: number) {
  const peer = await startHttpPeer(async (_request, response) => {
    await new Promise((resolve) => setTimeout(resolve, afterMs).unref());
    response.writeHead(500).end();
  });
  return { url: `${peer.origin}/mcp`, close: () => peer.close() };
}

describe('threat 24: nothing in Slack says for ever that it is at work', () => {
  it.each(['', 'test slow', 'tools slow', 'status slow', 'auth slow'])(
    'a server that takes its time, asked by /mcp %s, in a channel, where nothing edits an answer, and in a DM',
    async (words) => {
      const server = await slow(1_000);
      const { slack, acme, ana, here } = await team();
      await slacks.gateway(slack, [acme], {
        ...onlyFor(ana),
        mcp_servers: { slow: { url: server.url, auth: 'oauth' } },
      });
      await Promise.all([ana.types(`/mcp ${words}`, here), ana.types(`mcp ${words}`)]);
      for (const where of [here, undefined]) {
        await expect.poll(() => heard(ana, where).length).toBe(1);
        await expect.poll(() => newest(ana, where).text).toMatch(/slow/);
        await expect.poll(() => newest(ana, where).text).not.toMatch(MORE_TO_COME);
      }
      await server.close();
    },
  );

  it('a command is acknowledged in time though its answer takes longer, and the client shows no error', async () => {
    const server = await slow(3_500);
    const { slack, acme, ana, here } = await team();
    await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { slow: { url: server.url, auth: 'oauth' } },
    });
    expect(await ana.types('/mcp test slow', here)).toEqual({ kind: 'command' });
    expect(slack.deliveries.at(-1)?.ackedAfterMs).toBeLessThan(3_000);
    expect(ana.sees(here)).toContain('One moment: I answer below.');
    await untilSees(ana, /slow/, here);
    await server.close();
  });

  it.each(['chat.postMessage', 'response_url', 'chat.update'])(
    'while Slack fails at %s for a while: what was under way is said in the end, or can be asked again',
    async (method) => {
      const { slack, acme, ana, here } = await team();
      const gateway = await slacks.gateway(slack, [acme], onlyFor(ana));
      const asked = await askedFor(ana, '/mcp auth files', method === 'response_url' ? here : undefined);
      if (method === 'response_url') await ana.presses('Sign in', here);
      slack.fail(method, { status: 503 }, 6);
      await signIn(linkIn(asked));
      gateway.clock.advance(60_000);
      await expect
        .poll(
          () => {
            gateway.clock.advance(10_000);
            return ana.seesAnywhere();
          },
          { interval: 200 },
        )
        .toContain('files connected');
      expect(ana.seesAnywhere().split('files connected')).toHaveLength(2);
    },
  );

  it('a sign-in that nobody finishes ends on its message, with what to do next, also where it has to be a new one', async () => {
    const { slack, acme, ana, here } = await team();
    const gateway = await slacks.gateway(slack, [acme], onlyFor(ana));
    await askedFor(ana, '/mcp auth files', here);
    gateway.clock.advance(11 * 60_000);
    await untilSees(ana, 'the link expired after 10 minutes', {});
    expect(newest(ana).buttons.map(({ label }) => label)).toEqual(['Try again']);
    expect(heard(ana)).toHaveLength(1);
  });

  it('a form whose trigger has expired, or that Slack does not open, says so: press it again', async () => {
    const notes = await slacks.keyServer();
    const { slack, acme, ana, here } = await team();
    await slacks.gateway(slack, [acme], { ...onlyFor(ana), mcp_servers: { notes: configuredKey(notes) } });
    await answerTo(ana, '/mcp auth notes', here);
    for (const [error, said] of [
      ['expired_trigger_id', 'That took too long. Press it again.'],
      ['invalid_trigger_id', 'That took too long. Press it again.'],
      ['internal_error', 'That did not work just now.'],
      ['invalid_arguments', 'That did not work just now.'],
    ] as const) {
      slack.fail('views.open', { error });
      const before = heard(ana, here).length;
      await ana.presses('Add key', here);
      await expect.poll(() => heard(ana, here).length).toBe(before + 1);
      expect(newest(ana, here).text).toContain(said);
    }
    await ana.fills('Add key', { NOTES_KEY: notes.key }, here);
    await untilSees(ana, 'notes connected', here);
  });

  it('a press is acknowledged at once, whatever becomes of it', async () => {
    const server = await slow(3_000);
    const { slack, acme, ana, here } = await team();
    await slacks.gateway(slack, [acme], {
      ...onlyFor(ana),
      mcp_servers: { slow: { url: server.url, auth: 'oauth' } },
    });
    await answerTo(ana, '/mcp status slow', here);
    const [button] = newest(ana, here).buttons;
    expect(await ana.presses(button?.label ?? '', here)).toMatchObject({ acknowledged: true });
    expect(slack.deliveries.at(-1)?.ackedAfterMs).toBeLessThan(2_500);
    await server.close();
  });

  it('the end of the process while it works: the acknowledgement is there, and the next process answers what is asked again', async () => {
    const server = await slow(60_000);
    const { slack, acme, ana, here } = await team();
    const words = {
      ...onlyFor(ana),
      mcp_servers: { slow: { url: server.url, auth: 'oauth', connect_timeout: 5 } },
    };
    const first = await slacks.gateway(slack, [acme], words);
    const typed = ana.types('/mcp test slow', here);
    await untilSees(ana, 'One moment: I answer below.', here);
    expect(await typed).toEqual({ kind: 'command' });
    const { stateFolder, clock } = first;
    await first.stop();
    await slacks.gateway(slack, [acme], words, { stateFolder, clock });
    await answerTo(ana, '/mcp help', here);
    await server.close();
  });
});
