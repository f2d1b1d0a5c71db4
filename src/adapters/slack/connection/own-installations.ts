import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../../observability/log.js';
import { keepTrying } from '../../common/keep-trying.js';
import { createPauses, PAUSES, type PauseLengths } from '../../common/pauses.js';
import { textOf } from '../../common/payload.js';
import { isTokenRefusal, SlackRefusal, SlackUnavailableError } from '../outgoing/failures.js';
import { isId } from '../refs.js';
import { type Installation, type Installations, matching, matchingActor } from './installations.js';
import type { WebApi } from './web-api.js';

export interface OwnInstallationsParts {
  readonly tokens: readonly string[];
  readonly api: WebApi;
  readonly log: Log;
  readonly now: () => number;
  readonly pauses?: PauseLengths;
}

/** Those whose tokens the config holds. */
export interface OwnInstallations extends Installations {
  start(): void;
  /** Resolves when each token has been asked about once. */
  readonly asked: Promise<unknown>;
  stop(): void;
  trouble(): string | undefined;
}

interface Holder {
  readonly token: string;
  /** For operators, until its workspace is known. */
  readonly nth: string;
  state: 'unknown' | 'known' | 'refused';
  installation?: Installation;
}

/** What comes before the tokens are known waits so long. */
const KNOWN_WITHIN_MS = 2_000;
const ONE_TRY = { withinMs: 10_000, tries: 1 };
const MEND = 'put a valid one into the config, from “OAuth & Permissions” of the app, and restart';

export function createOwnInstallations({
  tokens,
  api,
  log,
  now,
  pauses = PAUSES,
}: OwnInstallationsParts): OwnInstallations {
  const holders: readonly Holder[] = tokens.map((token, at) => ({
    token,
    nth: tokens.length === 1 ? 'the bot token' : `bot token ${at + 1} of ${tokens.length}`,
    state: 'unknown',
  }));
  const ending = new AbortController();
  let begin = (): void => undefined;
  const asked = new Promise<unknown>((resolve) => {
    begin = () => resolve(Promise.all(holders.map(learn)));
  });
  let settled = false;
  void asked.then(() => {
    settled = true;
  });

  const known = (): readonly Installation[] =>
    holders.flatMap(({ state, installation }) =>
      state === 'known' && installation !== undefined ? [installation] : [],
    );

  function refuse(holder: Holder): void {
    if (holder.state === 'refused') return;
    holder.state = 'refused';
    log.error({ platform: 'slack' }, `${refusalOf(holder)}. Nothing is sent there until then.`);
  }

  async function ask(holder: Holder): Promise<void> {
    try {
      const installation = installationOf(
        await api.call('auth.test', holder.token, {}, ONE_TRY),
        holder.token,
      );
      if (installation === undefined)
        throw new SlackUnavailableError('Slack does not say whose token it is.');
      if (holder.state === 'refused') return;
      holder.installation = installation;
      holder.state = 'known';
    } catch (error) {
      if (!(error instanceof SlackRefusal) || !isTokenRefusal(error.reason)) throw error;
      refuse(holder);
    }
  }

  /** Resolves after the first try; the others go on by themselves. */
  async function learn(holder: Holder): Promise<void> {
    const waits = createPauses(pauses, now);
    await new Promise<void>((resolve) => {
      void keepTrying(
        () => ask(holder),
        (error) => {
          resolve();
          const waitMs = waits.next(error instanceof SlackUnavailableError ? error.retryAfterMs : 0);
          const again = `trying again in ${Math.ceil(waitMs / 1000)} s`;
          log.warn(
            { platform: 'slack', error },
            `Slack: whose ${holder.nth} is could not be asked; ${again}`,
          );
          return waitMs;
        },
        ending.signal,
      ).then(resolve);
    });
  }

  async function find<T>(look: () => T | undefined): Promise<T | undefined> {
    const found = look();
    if (found !== undefined || settled) return found;
    await Promise.race([asked, sleep(KNOWN_WITHIN_MS, undefined, { ref: false })]);
    return look();
  }

  const holderOf = ({ token }: Installation): Holder | undefined =>
    holders.find((one) => one.token === token);

  return {
    start: () => begin(),
    asked,
    stop: () => ending.abort(),
    of: (home) => find(() => matching(known(), home)),
    named: (key) => find(() => known().find((one) => one.key === key)),
    ofActor: (actor) => find(() => matchingActor(known(), actor)),
    ofBot: (userId) => known().find(({ botUserId }) => botUserId === userId),
    enterpriseOf: (team) =>
      holders.find(({ installation }) => installation?.team === team)?.installation?.enterprise,
    several: tokens.length > 1,
    get complete() {
      return holders.every(({ state }) => state !== 'unknown');
    },
    refuse(installation) {
      const holder = holderOf(installation);
      if (holder !== undefined) refuse(holder);
    },
    isRefused: (installation) => holderOf(installation)?.state === 'refused',
    async recheck(home) {
      const installation = matching(known(), home);
      const holder = installation === undefined ? undefined : holderOf(installation);
      if (holder !== undefined) await ask(holder);
    },
    trouble() {
      const refused = holders.filter(({ state }) => state === 'refused');
      if (refused.length > 0) return refused.map(refusalOf).join('; ');
      return holders.some(({ state }) => state === 'unknown') ? 'has not reached Slack yet' : undefined;
    },
  };
}

function refusalOf({ nth, installation }: Holder): string {
  const which = installation === undefined ? nth : `the bot token of ${installation.name}`;
  return `Slack refuses ${which}: ${MEND}`;
}

type Members = { readonly [name: string]: unknown };

/** What `auth.test` says. An organisation's token has its id where a workspace's has that of the workspace. */
export function installationOf(answer: Members, token: string): Installation | undefined {
  const {
    team_id: team,
    enterprise_id: enterprise,
    user_id: botUserId,
    is_enterprise_install: orgWide,
  } = answer;
  const key = orgWide === true ? (isId(enterprise) ? enterprise : team) : team;
  if (!isId(key)) return undefined;
  return {
    key,
    token,
    ...(orgWide === true ? {} : { team: key }),
    ...(isId(enterprise) ? { enterprise } : orgWide === true ? { enterprise: key } : {}),
    ...(isId(botUserId) ? { botUserId } : {}),
    name: `${textOf(answer.team)?.slice(0, 60) ?? 'a workspace'} (${key})`,
  };
}
