import { describe, expect, it } from 'vitest';
import { formatMistakes } from '../../src/gateway/config.js';
import { mistakesIn, server, warningsIn } from './config-cases.js';

const SECRET = 'hunter2-Zx9';
const url = 'url: https://a.example/mcp';

/** Configs with a mistake right where the secret stands, or in what it came through. */
const LEAKY: readonly string[] = [
  server(`url: https://ana:${SECRET}@a.example/mcp`),
  server(`url: https://a.example/mcp?key=${SECRET}#x`),
  server(`url: //ana:${SECRET}@a.example/mcp`),
  server(url, `headers: ${SECRET}`),
  server(url, `headers: [${SECRET}]`),
  server(url, `headers: { X-Key: [${SECRET}] }`),
  server(url, `headers: { X-Key: "${SECRET}\\n" }`),
  server(url, `headers: { X-Key:${SECRET} }`),
  server(url, `headers: { Authorization:Bearer ${SECRET} }`),
  server(url, `headers: { X-Key: "\${A:-\${${SECRET}}" }`),
  server(url, `headers: { X-Key: "$\${${SECRET}}" }`),
  server(url, `oauth: { client_secret: ${SECRET} }`),
  server(url, `oauth: { client_secret:${SECRET} }`),
  server(url, `oauth: { clientSecret: ${SECRET} }`),
  server(url, `oauth: { state: ${SECRET} }`),
  server(url, `oauth: { login_token: [${SECRET}] }`),
  server(url, `oauth: client_secret=${SECRET}`),
  server(url, `authorization: Bearer ${SECRET}`),
  server(url, `authorization=Bearer ${SECRET}: x`),
  server('command: npx', `args: --token ${SECRET}`),
  server('command: npx', `args: [{ token: ${SECRET} }]`),
  server('command: npx', `args: { token: ${SECRET} }`),
  server('command: npx', `env: { TOKEN:${SECRET} }`),
  server('command: npx', `env: [TOKEN=${SECRET}]`),
  server('command: npx', `headers: { X: ${SECRET} }`),
  `local_listen: { address: 127.0.0.1:1, token: ${SECRET} }`,
  `local_listen: { address: nope, token: [${SECRET}] }`,
  `security: { encryption_key: ${SECRET} }`,
  `security: { encryption_key: [${SECRET}] }`,
  `security: ${SECRET}`,
  `encryption_key: ${SECRET}`,
  `public_url: http://ana:${SECRET}@a.example/?token=${SECRET}#${SECRET}`,
  `platforms: { telegram: { token: ${SECRET} } }`,
  `platforms: { telegram: ${SECRET} }`,
  `platforms: { telegram: { token: [${SECRET}] } }`,
  `platforms: { telegram: { token:${SECRET} } }`,
  `platforms: { telegram: { bot_token: ${SECRET} } }`,
  `platforms: { telegram: { token: "123456789:${SECRET}" } }`,
  `platforms: { telegram: { enabled: false, api_root: "http://api.telegram.org/bot1:${SECRET}/getMe?x#y" } }`,
  `people: ${SECRET}`,
  `security:\n  encryption_key: "${SECRET}`,
  `security:\n  encryption_key: ${SECRET}: x`,
  `security:\n  encryption_key: !vault ${SECRET}`,
  `security:\n\tencryption_key: ${SECRET}`,
  `security:\n  encryption_key: *${SECRET}\n`,
  `security:\n  encryption_key: @${SECRET}\n`,
  `security: {}\nsecurity: { encryption_key: ${SECRET} }`,
  SECRET,
];

const FROM_ENVIRONMENT: readonly string[] = [
  'public_url: "http://${A}"',
  'listen: "${A}"',
  'storage: "${A}"',
  'log: { level: "${A}" }',
  'access: { users: ["${A}"] }',
  'people: { ana: ["${A}"] }',
  'people: { ana: ["${A}", "${A}"] }',
  'people: { ana: ["web:${A}", "web:${A}"] }',
  'security: { sign_in_lifetime: "${A}", allow_private_hosts: ["${A} "], encryption_key: "${A}", confirm: "${A}" }',
  'platforms: { web: { people: ["${A} "], enabled: "${A}" } }',
  'platforms: { telegram: { token: "${A}", mode: "${A}", api_root: "${A}", commands: "${A}" } }',
  server('url: "${A}"', 'transport: "${A}"', 'timeout: "${A}"'),
  server('url: "ftp://${A}"', 'oauth: { issuer: "${A}", redirect_uri: "${A}" }'),
  server('command: x', 'transport: "${A}"'),
];

describe('secrets in mistakes', () => {
  it.each(LEAKY)('are not shown: %s', (text) => {
    const mistakes = mistakesIn(text);
    expect(mistakes).not.toEqual([]);
    expect(JSON.stringify(mistakes)).not.toContain(SECRET);
    expect(formatMistakes(mistakes)).not.toContain('Zx9');
  });

  it.each(FROM_ENVIRONMENT)('are not shown when they came through a variable: %s', (text) => {
    for (const value of [SECRET, `telegram:${SECRET}`, `https://a.example/${SECRET}#`]) {
      expect(formatMistakes(mistakesIn(text, { A: value }))).not.toContain('Zx9');
    }
  });

  it('are masked by their shape where they were pasted into the wrong place', () => {
    const token = `ghp_${'Ab1'.repeat(12)}`;
    for (const text of [
      `log: { level: ${token} }`,
      `${token}: x`,
      `access: { users: [${token}] }`,
      server(`url: ${token}`),
    ]) {
      expect(mistakesIn(text)).not.toEqual([]);
      expect(formatMistakes(mistakesIn(text))).not.toContain('Ab1Ab1');
    }
  });

  it('are masked by their shape where a token of a bot was pasted into the wrong place', () => {
    const token = '123456789:AAE-xyz_Zx9-xyz_Zx9-xyz_Zx9-xyz_Zx9';
    for (const text of [
      `access: { users: ["${token}"] }`,
      `platforms: { telegram: { token: "${token}", api_root: "https://bot${token}" } }`,
      `${token}: x`,
      `log: { level: "${token}" }`,
    ]) {
      expect(mistakesIn(text)).not.toEqual([]);
      expect(formatMistakes(mistakesIn(text))).not.toContain('Zx9');
    }
  });

  it('are not shown in warnings either', () => {
    const text = server(
      `url: http://10.0.0.7/mcp?key=${SECRET}`,
      `client_key: ${SECRET}`,
      `client_cert: [a, ${SECRET}]`,
    );
    expect(formatMistakes(warningsIn(text))).not.toContain('Zx9');
    expect(warningsIn(text)).toHaveLength(3);
  });
});
