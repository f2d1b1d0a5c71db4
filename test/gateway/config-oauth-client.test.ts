import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/gateway/config.js';

const URL_ = 'https://a.example/mcp';

function parse(server: Readonly<Record<string, unknown>>) {
  const text = JSON.stringify({ mcp_servers: { linear: { url: URL_, ...server } } });
  return parseConfig(text, { file: 'config.yaml', environment: {} });
}

function serverOf(server: Readonly<Record<string, unknown>>) {
  const outcome = parse(server);
  if (outcome.kind !== 'ok') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings.servers[0];
}

const pathsOf = (server: Readonly<Record<string, unknown>>) => {
  const outcome = parse(server);
  return outcome.kind === 'ok' ? [] : outcome.mistakes.map(({ path }) => path);
};

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PEM = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const JWK = JSON.stringify(privateKey.export({ format: 'jwk' }));

describe('how the gateway is known to a provider', () => {
  it('is said with these keys', () => {
    const oauth = {
      client_metadata_url: 'https://us.example/client.json',
      cimd: false,
      token_endpoint_auth_method: 'private_key_jwt',
      private_key: PEM,
      signing_alg: 'ES256',
    };
    expect(serverOf({ oauth })).toMatchObject({
      oauth: {
        clientMetadataUrl: 'https://us.example/client.json',
        metadataDocument: false,
        tokenEndpointAuthMethod: 'private_key_jwt',
        privateKey: PEM,
        signingAlg: 'ES256',
        authorizeParameters: {},
      },
    });
    expect(serverOf({ oauth: { private_key: JWK } })).toMatchObject({ oauth: { privateKey: JWK } });
  });

  it.each([
    ['client_metadata_url', 'http://us.example/client.json'],
    ['client_metadata_url', 'https://us.example/'],
    ['client_metadata_url', 'https://us.example/x#y'],
    ['client_metadata_url', 'https://ana:pw@us.example/x'],
    ['client_metadata_url', 'client.json'],
    ['cimd', 'sometimes'],
    ['token_endpoint_auth_method', 'tls_client_auth'],
    ['signing_alg', 'HS256'],
    ['signing_alg', 'none'],
    ['private_key', 'not a key'],
    ['private_key', '{"kty":"EC"}'],
    ['private_key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'],
  ])('%s is not %s', (key, value) => {
    expect(pathsOf({ oauth: { [key]: value } })).toEqual([`mcp_servers.linear.oauth.${key}`]);
  });

  it('a mistake about a key never shows it', () => {
    const broken = PEM.replace('BEGIN PRIVATE', 'BEGIN PRIVAT');
    expect(JSON.stringify(parse({ oauth: { private_key: broken } }))).not.toContain(PEM.split('\n')[1]);
  });
});

describe('a service account', () => {
  it('is everybody’s, whatever `credentials` says', () => {
    const words = { auth: 'client_credentials', oauth: { client_id: 'robot', client_secret: 's' } };
    expect(serverOf(words)).toMatchObject({ auth: 'client_credentials', credentials: 'shared' });
  });

  it('needs a client that the provider knows', () => {
    expect(pathsOf({ auth: 'client_credentials' })).toEqual(['mcp_servers.linear.auth']);
  });
});
