import { afterEach, describe, expect, it } from 'vitest';
import { type HttpPeer, startHttpPeer } from '../helpers/http-peer.js';
import { heard, onlyFor, useSlack, WEBHOOK } from './slack-scene.js';

const slacks = useSlack();
const peers: HttpPeer[] = [];
afterEach(async () => {
  for (const peer of peers.splice(0)) await peer.close();
});

/** Something within the network that nobody outside may reach. */
async function inner(): Promise<HttpPeer> {
  const peer = await startHttpPeer((_request, response) => void response.end('ok'));
  peers.push(peer);
  return peer;
}

describe('threat 8: an address in what comes as if from Slack', () => {
  it('a response_url that is not Slack’s is never called, and the answer comes another way', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const ana = acme.person('Ana');
    const here = { channel: acme.channel('team', [ana]) };
    const gateway = await slacks.hooked(slack, [acme], onlyFor(ana));
    const peer = await inner();
    const words = { team_id: acme.id, user_id: ana.id, user_name: 'ana', channel_id: here.channel.id };
    for (const [nth, address] of [
      `http://localhost:${peer.port}/latest/meta-data`,
      'file:///etc/passwd',
      'nowhere',
    ].entries()) {
      const body = new URLSearchParams({
        ...{ command: '/mcp', text: 'help', ...words },
        trigger_id: `forged.${nth}`,
        response_url: address,
      }).toString();
      const headers = { ...slack.sign(body), 'content-type': 'application/x-www-form-urlencoded' };
      const answer = await fetch(`${gateway.url}${WEBHOOK}`, { method: 'POST', body, headers });
      expect(answer.status).toBe(200);
      await expect.poll(() => heard(ana, here)).toHaveLength(nth + 1);
    }
    expect(peer.connections()).toBe(0);
    expect(slack.callsOf('chat.postEphemeral')).toHaveLength(3);
    expect(gateway.log.join('')).not.toContain('meta-data');
  });

  it('a socket that is not Slack’s is not opened: it would hear what people do', async () => {
    const slack = await slacks.platform();
    const acme = slack.workspace('Acme');
    const peer = await inner();
    const url = `ws://localhost:${peer.port}/link/?ticket=secret-ticket-4711`;
    slack.fail('apps.connections.open', { status: 200, body: JSON.stringify({ ok: true, url }) });
    const gateway = await slacks.gateway(slack, [acme]);
    expect(peer.connections()).toBe(0);
    expect(gateway.log.join('')).not.toContain('secret-ticket-4711');
    expect(gateway.log.join('')).toContain('no address of its own');
  });
});
