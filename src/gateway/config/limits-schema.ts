import { z } from 'zod';
import { DEFAULT_LIMITS, type LimitName } from '../access/limits.js';
import { text } from './leaves.js';

const RATE = 'a number and a time, such as 60/1m, or `off`';

function rateText({ most, windowMs }: { readonly most: number; readonly windowMs: number }): string {
  return `${most}/${windowMs / 60_000}m`;
}

const rate = (limit: LimitName, counts: string) =>
  text(RATE)
    .optional()
    .meta({ description: `${counts} Default: ${rateText(DEFAULT_LIMITS[limit])}.` });

export const limits = z
  .strictObject(
    {
      commands: rate('commands', 'Commands of one account, such as 60/1m; off: no limit.'),
      sign_ins: rate('sign_ins', 'Sign-ins that one person begins, keys given included.'),
      server_sign_ins: rate('server_sign_ins', 'Sign-ins begun for one server, by all together.'),
      server_looks: rate('server_looks', 'Looks at one server, for all together.'),
      pages: rate('pages', 'Requests for public pages from one address.'),
      forgeries: rate('forgeries', 'Webhook requests from one address that the platform did not sign.'),
    },
    { error: 'a block with `commands` and the like' },
  )
  .prefault({})
  .meta({
    description: 'How often things may happen, as NUMBER/TIME or off. Honest people meet no default.',
  });

export const trustedProxies = z
  .array(text('an address or a range such as 10.0.0.0/8'), {
    error: 'a list of addresses and ranges such as [127.0.0.1, 10.0.0.0/8]',
  })
  .default([])
  .meta({
    description:
      'The proxies in front of `listen`: only their X-Forwarded-For is believed, so that limits count for who is behind them.',
  });
