import { describe, expect, it } from 'vitest';
import { AddressGuard } from '../../src/auth/requests/address-guard.js';

const guard = () => new AddressGuard({ own: new URL('https://mcp.example/mcp'), allowed: new Set() });

describe('addresses that a public server’s metadata leads to', () => {
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '100.100.100.200',
    '127.0.0.1',
    '168.63.129.16',
    '169.254.169.254',
    '172.16.0.1',
    '192.0.0.192',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::ffff:10.0.0.1',
    '::ffff:168.63.129.16',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'no address',
  ])('%s is refused, alone and beside a public one', (address) => {
    for (const addresses of [[address], ['203.0.114.1', address]])
      expect(() => guard().check('auth.example', 'https:', addresses)).toThrow(/refused to connect/);
  });

  it.each(['203.0.114.1', '2606:4700::1', '64:ff9b::cb00:7201'])('%s is fine', (address) => {
    expect(() => guard().check('auth.example', 'https:', [address])).not.toThrow();
  });
});
