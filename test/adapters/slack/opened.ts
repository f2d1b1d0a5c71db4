import { createSlackAdapter } from '../../../src/adapters/slack/adapter.js';
import { mountSlack } from '../../../src/adapters/slack/mount.js';
import type { SlackOptions } from '../../../src/adapters/slack/options.js';
import type { ChatAdapter, ChatGateway } from '../../../src/gateway/types.js';
import { silentLog } from '../../../src/observability/log.js';
import type { Person } from '../../contracts/chat-adapter.js';
import {
  type SlackOptions as PlatformOptions,
  type Slack,
  type SlackPerson,
  type SlackWorkspace,
  startSlack,
  type Where,
} from '../../helpers/slack/slack.js';
import { makeHost } from './host-app.js';
import { openFront } from './http-front.js';

/** A Slack adapter that receives from a platform of its own. */
export interface OpenedSlack {
  readonly slack: Slack;
  readonly acme: SlackWorkspace;
  readonly adapter: ChatAdapter;
  readonly ana: SlackPerson;
  readonly ben: SlackPerson;
  close(): Promise<void>;
}

export async function openSlack(
  gateway: ChatGateway,
  options: Partial<SlackOptions> = {},
  platform: PlatformOptions = {},
): Promise<OpenedSlack> {
  const slack = await startSlack(platform);
  const acme = slack.workspace('Acme');
  const adapter = createSlackAdapter({
    botTokens: [acme.botToken],
    mode: 'socket',
    appToken: slack.appToken,
    signingSecret: slack.signingSecret,
    apiRoot: slack.apiUrl.replace(/\/$/, ''),
    ...options,
  });
  await adapter.start(gateway);
  const front = adapter.http === undefined ? undefined : await openFront(() => adapter);
  if (front === undefined) await slack.sockets.untilOpen();
  else slack.deliverTo([front.url]);
  return {
    slack,
    acme,
    adapter,
    ana: acme.person('Ana'),
    ben: acme.person('Ben'),
    async close() {
      await adapter.stop();
      await front?.close();
      await slack.close();
    },
  };
}

/** The same inside a host's Bolt app. */
export async function openMounted(gateway: ChatGateway): Promise<OpenedSlack> {
  const slack = await startSlack();
  const acme = slack.workspace('Acme');
  let adapter: ChatAdapter | undefined;
  const host = makeHost(slack, { token: acme.botToken }, (app) => {
    ({ adapter } = mountSlack({ host: app, log: silentLog, now: Date.now }));
  });
  if (adapter === undefined) throw new Error('Nothing was mounted.');
  const mounted = adapter;
  await mounted.start(gateway);
  await host.app.start();
  return {
    slack,
    acme,
    adapter: mounted,
    ana: acme.person('Ana'),
    ben: acme.person('Ben'),
    async close() {
      await mounted.stop();
      await host.stop();
      await slack.close();
    },
  };
}

/** A person as the contract suite knows one. */
export function contractPerson(person: SlackPerson, where?: Where): Person {
  return {
    actor: {
      platform: 'slack',
      tenant: person.workspace.id,
      userId: person.id,
      displayName: `@${person.name}`,
    },
    type: async (line) => void (await person.types(line, where)),
    press: async (label) => void (await person.presses(label)),
    async fill(label, values) {
      await person.fills(label, values);
    },
    sees: () => person.seesAnywhere(),
  };
}
