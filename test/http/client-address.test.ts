import { describe, expect, it } from 'vitest';
import { createClientAddresses } from '../../src/http/client-address.js';

const of = (peer: string, forwardedFor?: string, trusted: readonly string[] = []) =>
  createClientAddresses(trusted).of(peer, forwardedFor);

describe('where a request came from', () => {
  it('is who connected, where no proxy is trusted, whatever a header says', () => {
    expect(of('203.0.113.9')).toBe('203.0.113.9');
    expect(of('203.0.113.9', '198.51.100.1')).toBe('203.0.113.9');
    expect(of('::ffff:203.0.113.9')).toBe('203.0.113.9');
  });

  it('is the last address that no trusted proxy has: what stands before it may be made up', () => {
    const proxies = ['127.0.0.1', '10.0.0.0/8'];
    expect(of('127.0.0.1', '198.51.100.1', proxies)).toBe('198.51.100.1');
    expect(of('127.0.0.1', '6.6.6.6, 198.51.100.1', proxies)).toBe('198.51.100.1');
    expect(of('10.1.2.3', '6.6.6.6, 198.51.100.1, 10.9.9.9', proxies)).toBe('198.51.100.1');
    expect(of('::ffff:127.0.0.1', ' 198.51.100.1:4711 ', proxies)).toBe('198.51.100.1');
    expect(of('203.0.113.9', '198.51.100.1', proxies)).toBe('203.0.113.9');
  });

  it('is unknown where a trusted proxy does not say, or says nonsense', () => {
    for (const said of [
      undefined,
      '',
      'unknown',
      '_hidden',
      '127.0.0.1, 10.0.0.1',
      '1.2.3',
      'x'.repeat(9_000),
    ])
      expect(of('127.0.0.1', said, ['127.0.0.1', '10.0.0.0/8'])).toBeUndefined();
  });

  it('is unknown through a proxy that is not named: everybody behind it would share one fate', () => {
    expect(of('127.0.0.1')).toBeUndefined();
    expect(of('::1', '198.51.100.1')).toBeUndefined();
    expect(of('172.18.0.3', '198.51.100.1')).toBeUndefined();
    expect(of('172.18.0.3')).toBe('172.18.0.3');
    expect(of('')).toBeUndefined();
  });

  it('is the network of an IPv6 address: one customer has all of its addresses', () => {
    expect(of('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
    expect(of('2001:db8:1:2::9')).toBe('2001:db8:1:2::/64');
    expect(of('2001:db8::9')).toBe('2001:db8:0:0::/64');
    expect(of('127.0.0.1', '[2001:DB8:0001:2::9]:443', ['127.0.0.1'])).toBe('2001:db8:1:2::/64');
  });
});
