import { isIP } from 'node:net';

/** What the platform says about an address that it does not take; undefined where it takes it (TDLib `check_link`). */
export function addressFault(address: string): string | undefined {
  const scheme = /^([a-z][a-z0-9+.-]*):(?!\d+(?:[/?#]|$))/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === 'tg' || scheme === 'ton' || scheme === 'tonsite') return undefined;
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') return 'Unsupported URL protocol';
  const whole = scheme === undefined ? `http://${address}` : address;
  if (!URL.canParse(whole) || /\s/.test(address)) return 'Wrong HTTP URL';
  const url = new URL(whole);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return undefined;
  return /^[^.]+(?:\.[^.]+)+$/.test(host) ? undefined : 'Wrong HTTP URL';
}

export const isAddress = (address: string): boolean => addressFault(address) === undefined;
