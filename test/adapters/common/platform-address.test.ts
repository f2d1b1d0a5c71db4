import { describe, expect, it } from 'vitest';
import { isOwnAddress } from '../../../src/adapters/common/platform-address.js';

const platform = { apiRoot: 'https://slack.com/api', domains: ['slack.com'] };
const proxy = { apiRoot: 'http://127.0.0.1:8080/api', domains: ['slack.com'] };

describe('an address that came from the platform', () => {
  it.each([
    ['wss:', 'wss://wss-primary.slack.com/link/?ticket=1', platform],
    ['wss:', 'wss://wss-primary.slack.com:443/link', platform],
    ['https:', 'https://hooks.slack.com/commands/T1/2/3', platform],
    ['https:', 'https://hooks.slack.com/commands/T1/2/3', proxy],
    ['https:', 'http://127.0.0.1:8080/commands/T1/2/3', proxy],
    ['wss:', 'ws://127.0.0.1:9090/link', proxy],
    ['wss:', 'wss://127.0.0.1:8080/link', proxy],
  ] as const)('is one to go to: %s %s', (secure, address, own) => {
    expect(isOwnAddress(address, secure, own)).toBe(true);
  });

  it.each([
    ['wss:', 'ws://wss-primary.slack.com/link', platform],
    ['wss:', 'https://wss-primary.slack.com/link', platform],
    ['https:', 'http://hooks.slack.com/commands/T1/2/3', platform],
    ['https:', 'https://hooks.slack.com:8443/commands/T1/2/3', platform],
    ['https:', 'https://hooks.slack.com.evil.example/', platform],
    ['https:', 'https://evilslack.com/', platform],
    ['https:', 'https://hooks.slack.com@evil.example/', platform],
    ['https:', 'https://user:word@hooks.slack.com/', platform],
    ['https:', 'https://evil.example/#.slack.com', platform],
    ['https:', 'https://169.254.169.254/latest/meta-data', platform],
    ['https:', 'http://127.0.0.1:8080/commands', platform],
    ['https:', 'http://127.0.0.2:8080/commands', proxy],
    ['https:', 'http://localhost:8080/commands', proxy],
    ['https:', 'file:///etc/passwd', proxy],
    ['https:', '/commands/T1/2/3', proxy],
    ['https:', '', proxy],
  ] as const)('leads nowhere: %s %s', (secure, address, own) => {
    expect(isOwnAddress(address, secure, own)).toBe(false);
  });

  it('is as well protected as the API root', () => {
    const secured = { ...proxy, apiRoot: 'https://proxy.example/api' };
    expect(isOwnAddress('wss://proxy.example/link', 'wss:', secured)).toBe(true);
    expect(isOwnAddress('ws://proxy.example/link', 'wss:', secured)).toBe(false);
  });
});
