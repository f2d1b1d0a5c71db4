import type { AdapterMemory } from '../../../gateway/types.js';
import type { Log } from '../../../observability/log.js';
import { keepTrying } from '../../common/keep-trying.js';
import { createPauses, PAUSES } from '../../common/pauses.js';
import { membersOf, textOf } from '../../common/payload.js';
import type { SlackMiddlewareArgs } from '../host.js';
import { isTokenRefusal, SlackRefusal, SlackUnavailableError } from '../outgoing/failures.js';
import { isId } from '../refs.js';
import { type Installation, type Installations, matching, matchingActor } from './installations.js';
import { installationOf } from './own-installations.js';
import type { WebApi } from './web-api.js';

export interface HostInstallationsParts {
  /** Of an app for one workspace. */
  readonly token?: string | undefined;
  readonly api: WebApi;
  readonly log: Log;
  readonly now: () => number;
}

/** Those of a host's app, as its `authorize` names them with each payload. */
export interface HostInstallations extends Installations {
  start(memory: AdapterMemory): void;
  /** Undefined: the app acts here without a bot. */
  observe(context: SlackMiddlewareArgs['context']): Installation | undefined;
  stop(): void;
  trouble(): string | undefined;
}

/** Later news goes out without a payload: the latest token of each workspace is kept, sealed, for so long. */
const KEPT_MS = 90 * 86_400_000;
const ONE_TRY = { withinMs: 10_000, tries: 1 };

export function createHostInstallations({ token, api, log, now }: HostInstallationsParts): HostInstallations {
  const seen = new Map<string, Installation>();
  /** Tokens that Slack refuses, each with whose it is. */
  const refused = new Map<string, Installation>();
  const ending = new AbortController();
  let memory: AdapterMemory | undefined;
  let asking: Promise<void> | undefined;
  let told = token === undefined;

  function note(installation: Installation): void {
    const before = seen.get(installation.key);
    if (before?.token === installation.token) return;
    if (before !== undefined) refused.delete(before.token);
    seen.set(installation.key, installation);
    void keep(installation);
  }

  async function keep(installation: Installation): Promise<void> {
    const { key, enterprise } = installation;
    const keys = enterprise === undefined || enterprise === key ? [key] : [key, enterprise];
    try {
      for (const one of keys) await memory?.set(`token/${one}`, { ...installation }, KEPT_MS);
    } catch (error) {
      log.warn(
        { platform: 'slack', error },
        'by which token a workspace is reached could not be written down',
      );
    }
  }

  async function recall(key: string): Promise<Installation | undefined> {
    const kept = readInstallation(await memory?.get(`token/${key}`));
    if (kept !== undefined && !seen.has(kept.key)) seen.set(kept.key, kept);
    return kept;
  }

  function refuse(installation: Installation): void {
    if (refused.has(installation.token)) return;
    refused.set(installation.token, installation);
    log.error(
      { platform: 'slack' },
      `${refusalOf(installation)}. Nothing is sent there until the app has another.`,
    );
  }

  async function ask(asked: string, known?: Installation): Promise<void> {
    try {
      const installation = installationOf(await api.call('auth.test', asked, {}, ONE_TRY), asked);
      if (installation !== undefined) note(installation);
    } catch (error) {
      if (!(error instanceof SlackRefusal) || !isTokenRefusal(error.reason)) throw error;
      refuse(known ?? { key: '', token: asked, name: 'the app' });
    }
  }

  /** Resolves after the first try; the others go on by themselves. */
  function identify(own: string): Promise<void> {
    const waits = createPauses(PAUSES, now);
    return new Promise((resolve) => {
      const failed = (error: unknown): number => {
        resolve();
        log.warn(
          { platform: 'slack', error },
          'Slack: whose the app’s token is could not be asked; trying again',
        );
        return waits.next(error instanceof SlackUnavailableError ? error.retryAfterMs : 0);
      };
      void keepTrying(() => ask(own), failed, ending.signal).then(() => {
        told = true;
        resolve();
      });
    });
  }

  const all = (): readonly Installation[] => [...seen.values()].filter((one) => !refused.has(one.token));

  return {
    start(opened) {
      memory = opened;
      for (const installation of seen.values()) void keep(installation);
      if (token !== undefined) asking = identify(token);
    },
    stop: () => ending.abort(),

    observe({ botToken, botUserId, teamId, enterpriseId, isEnterpriseInstall }) {
      const key = isEnterpriseInstall === true ? enterpriseId : teamId;
      if (botToken === undefined || !isId(key)) return undefined;
      const known = seen.get(key);
      if (known?.token === botToken) return known;
      const installation: Installation = {
        key,
        token: botToken,
        ...(isEnterpriseInstall === true ? {} : { team: key }),
        ...(isId(enterpriseId) ? { enterprise: enterpriseId } : {}),
        ...(isId(botUserId) ? { botUserId } : {}),
        name: key,
      };
      note(installation);
      return installation;
    },

    async of(home) {
      await asking;
      return matching(all(), home);
    },
    async named(key) {
      await asking;
      const found = all().find((one) => one.key === key) ?? (await recall(key));
      return found === undefined || refused.has(found.token) ? undefined : found;
    },
    async ofActor(actor) {
      await asking;
      const found =
        matchingActor(all(), actor) ?? (actor.tenant === undefined ? undefined : await recall(actor.tenant));
      return found === undefined || refused.has(found.token) ? undefined : found;
    },
    ofBot: (userId) => all().find(({ botUserId }) => botUserId === userId),
    enterpriseOf: (team) => [...seen.values()].find((one) => one.team === team)?.enterprise,
    several: token === undefined,
    get complete() {
      return told;
    },
    refuse,
    isRefused: (installation) => refused.has(installation.token),
    async recheck(home) {
      const installation = matching(all(), home);
      if (installation !== undefined) await ask(installation.token, installation);
    },
    trouble() {
      const names = [...refused.values()].map(refusalOf);
      return names.length === 0 ? undefined : names.join('; ');
    },
  };
}

function refusalOf({ name }: Installation): string {
  return `Slack refuses the bot token of ${name}: the app has to be installed there again`;
}

function readInstallation(value: unknown): Installation | undefined {
  const { key, token, team, enterprise, botUserId, name } = membersOf(value);
  const spoken = textOf(token);
  if (!isId(key) || spoken === undefined) return undefined;
  return {
    key,
    token: spoken,
    ...(isId(team) ? { team } : {}),
    ...(isId(enterprise) ? { enterprise } : {}),
    ...(isId(botUserId) ? { botUserId } : {}),
    name: textOf(name) ?? key,
  };
}
