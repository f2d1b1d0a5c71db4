import { isDeepStrictEqual } from 'node:util';
import { readAllowedUpdates } from '../long-polling.js';
import type { Params } from '../params.js';
import { badRequest, conflict } from '../refusal.js';
import type { UpdateQueue } from '../update-queue.js';
import type { Webhook } from '../webhook.js';

export interface Delivery {
  readonly updates: UpdateQueue;
  readonly webhook: Webhook;
  /** Ends a `getUpdates` that waits now. */
  endPolling(reason: Error): void;
}

/** Addresses that the platform never dials. */
const RESERVED = /^(127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/;
const PORTS = ['', '443', '80', '88', '8443'];

/** Real webhooks are https; plain http is taken from this machine's own address, where tests listen. */
function readUrl(given: string): string {
  if (!URL.canParse(given)) throw badRequest('bad webhook: invalid URL specified');
  const url = new URL(given);
  if (url.protocol === 'http:' && url.hostname === '127.0.0.1') return given;
  if (url.protocol !== 'https:') throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  if (!PORTS.includes(url.port))
    throw badRequest('bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443');
  if (RESERVED.test(url.hostname)) throw badRequest(`bad webhook: IP address ${url.hostname} is reserved`);
  if (!url.hostname.includes('.'))
    throw badRequest('bad webhook: failed to resolve host: Name or service not known');
  return given;
}

function readSecret(params: Params): string | undefined {
  const secret = params.text('secret_token');
  if (secret === undefined || secret === '') return undefined;
  if (secret.length > 256) throw badRequest('secret token is too long');
  if (!/^[A-Za-z0-9_-]+$/.test(secret)) throw badRequest('secret token contains unallowed characters');
  return secret;
}

function readMaxConnections(params: Params): number {
  const given = params.integer('max_connections') ?? 40;
  return given < 1 || given > 100 ? 40 : given;
}

export function setWebhook({ updates, webhook, endPolling }: Delivery, params: Params): string {
  const given = params.text('url') ?? '';
  if (given === '') return deleteWebhook({ updates, webhook, endPolling }, params);
  const [url, secret, maxConnections] = [readUrl(given), readSecret(params), readMaxConnections(params)];
  const allowed = params.has('allowed_updates') ? readAllowedUpdates(params) : undefined;
  if (allowed !== undefined) updates.allowed = allowed.length === 0 ? undefined : allowed;
  if (params.flag('drop_pending_updates')) updates.clear();
  endPolling(conflict('terminated by setWebhook request'));
  const target = { url, maxConnections, ...(secret === undefined ? {} : { secret }) };
  if (isDeepStrictEqual(webhook.target, target)) return 'Webhook is already set';
  webhook.set(target);
  return 'Webhook was set';
}

export function deleteWebhook({ updates, webhook }: Delivery, params: Params): string {
  if (params.flag('drop_pending_updates')) updates.clear();
  const wasSet = webhook.target !== undefined;
  webhook.set(undefined);
  return wasSet ? 'Webhook was deleted' : 'Webhook is already deleted';
}
