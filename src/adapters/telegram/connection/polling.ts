import { setTimeout as sleep } from 'node:timers/promises';
import { GrammyError } from 'grammy';
import type { InTurn } from '../../../gateway/types.js';
import { keepTrying } from '../../common/keep-trying.js';
import { positiveOf } from '../../common/payload.js';
import { ALLOWED_UPDATES, grammySignal, type Me, type Transport, type TransportParts } from './transport.js';
import { isGatewaysWebhook } from './webhook.js';

const POLL_SECONDS = 30;
/** Long enough that another program's next poll ends ours, if there is one. */
const AFTER_CONFLICT_SECONDS = 5;
const STOP_WITHIN_MS = 3_000;
const CONFLICT =
  'another program receives the updates of this bot: stop it, or use `mode: webhook` for several';
const WEBHOOK =
  'another program receives the updates of this bot, by a webhook: stop it; a gateway’s is taken away when this one is restarted';
const TAKEN_AWAY =
  'Telegram: another program set a webhook for this bot; it is taken away. Give that program a bot of its own';

export interface PollingParts extends TransportParts {
  readonly token: string;
}

/**
 * Long polling by one process at a time. A webhook that is still set is taken away at the start. Whatever ends it, but for a refused
 * token, is told and tried again, ever more slowly.
 *
 * Not by grammY's `bot.start`: that one is silent while Telegram cannot be reached, waits up to 20 minutes before it
 * asks again, and cannot be stopped meanwhile.
 */
export function createPolling({ api, token, reach, connected, take, log }: PollingParts): Transport {
  const ending = new AbortController();
  let polling: Promise<void> | undefined;
  /** One more than the latest update that was taken; the next poll confirms it. */
  let offset: number | undefined;
  let confirmed: number | undefined;
  let firstPollSeconds = 0;
  let cleared = false;
  /** The last poll was refused because of one. */
  let underWebhook = false;

  async function poll(seconds: number, turn: AbortSignal): Promise<void> {
    const asked = offset;
    const updates = await api.getUpdates(
      { ...offsetOf(asked), timeout: seconds, allowed_updates: ALLOWED_UPDATES },
      grammySignal(turn),
    );
    confirmed = asked;
    reach.works();
    for (const update of updates) {
      if (turn.aborted) return;
      await take(update).catch((error: unknown) => log.error({ error }, 'an update could not be taken'));
      const id = positiveOf(update.update_id);
      if (id !== undefined) offset = id + 1;
    }
  }

  /**
   * The bot, without a webhook. A gateway's is taken away once, at the start: one that is set later is of a gateway that
   * follows this one, and had better not be taken away under it.
   */
  async function introduced(signal: AbortSignal): Promise<Me> {
    const me = await api.getMe(grammySignal(signal));
    if (!cleared) await api.deleteWebhook({}, grammySignal(signal));
    else if (underWebhook) await takeAnothersAway(grammySignal(signal));
    cleared = true;
    underWebhook = false;
    return me;
  }

  async function takeAnothersAway(signal: ReturnType<typeof grammySignal>): Promise<void> {
    const { url = '' } = await api.getWebhookInfo(signal);
    if (url === '' || isGatewaysWebhook(token, url)) return;
    log.warn({ platform: 'telegram' }, TAKEN_AWAY);
    await api.deleteWebhook({}, signal);
  }

  async function receive(turn: AbortSignal): Promise<void> {
    connected(await introduced(turn));
    await poll(firstPollSeconds, turn);
    while (!turn.aborted) await poll(POLL_SECONDS, turn);
  }

  const poller = (turn: AbortSignal): Promise<void> => keepTrying(() => receive(turn), failed, turn);

  /** Those who only wait for their turn have to know the bot too: they send. */
  async function pollInTurn(inTurn: InTurn): Promise<void> {
    await keepTrying(meet, failed, ending.signal);
    await inTurn(async (turn) => {
      // What another replica has taken meanwhile, Telegram knows.
      offset = undefined;
      confirmed = undefined;
      await poller(turn);
    }, ending.signal);
  }

  async function meet(): Promise<void> {
    connected(await introduced(ending.signal));
    reach.works();
  }

  function failed(error: unknown): number | undefined {
    const conflict = error instanceof GrammyError && error.error_code === 409;
    underWebhook = conflict && isByWebhook(error);
    firstPollSeconds = conflict ? AFTER_CONFLICT_SECONDS : 0;
    const why = underWebhook ? WEBHOOK : CONFLICT;
    return reach.failed(conflict ? why : 'the updates cannot be fetched', error);
  }

  /** Telegram being down must not hold up the end. */
  async function confirm(): Promise<void> {
    if (offset === undefined || offset === confirmed) return;
    confirmed = offset;
    await api
      .getUpdates({ offset, limit: 1, timeout: 0 }, grammySignal(AbortSignal.timeout(STOP_WITHIN_MS)))
      .catch((error: unknown) => log.debug({ error }, 'the last updates were not confirmed'));
  }

  return {
    start(inTurn) {
      polling ??= inTurn === undefined ? poller(ending.signal) : pollInTurn(inTurn);
    },
    async stop() {
      ending.abort();
      await Promise.race([polling, sleep(STOP_WITHIN_MS, undefined, { ref: false })]);
      await confirm();
    },
  };
}

/** By its words: "Conflict: can't use getUpdates method while webhook is active; …" or "…terminated by setWebhook request". */
function isByWebhook({ description }: GrammyError): boolean {
  return /webhook/i.test(description);
}

function offsetOf(offset: number | undefined): { readonly offset?: number } {
  return offset === undefined ? {} : { offset };
}
