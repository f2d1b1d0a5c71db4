import fc from 'fast-check';
import { MARK, type OddAnswer, oddAnswer, oddUrl, saying } from './odd-answers.js';
import type { ScriptedServer } from './scripted-server.js';

/** What an MCP server and its authorization server at one origin say. */
type Answers = Readonly<Record<'challenge' | 'resource' | 'metadata' | 'openid' | 'register', OddAnswer>> & {
  /** `WWW-Authenticate` of the challenge. */
  readonly header: string | undefined;
};

/**
 * A header of any shape (RFC 9110 §11.6.1), mostly one that leads on. Scopes are without the mark: what a server asks for
 * is named to people as it is.
 */
function oddHeader(origin: string, victim: string, path: string): fc.Arbitrary<string | undefined> {
  const good = `resource_metadata="${origin}/.well-known/oauth-protected-resource${path}"`;
  const url = oddUrl(origin, victim).map((place) => `resource_metadata="${place.replaceAll(/[^ -~]/g, '')}"`);
  const words = [
    good,
    'scope="tools"',
    'scope="a  b <c>"',
    'scope=',
    'error="insufficient_scope"',
    `error="${MARK}"`,
    `error_description="${MARK} scope=evil"`,
    `realm="${MARK}\\""`,
    `Basic realm="${MARK}", Bearer`,
    `Negotiate ${MARK}==`,
    'Bearer',
    'DPoP algs="ES256"',
    '"',
    '=,',
    `x="${'y'.repeat(9000)}"`,
  ];
  const parts = fc.array(fc.oneof(fc.constantFrom(...words), url), { maxLength: 5 });
  const scheme = fc.constantFrom('Bearer ', 'bearer\t', 'DPoP ', 'Basic ', '');
  const odd = fc.tuple(scheme, parts).map(([first, rest]) => `${first}${rest.join(', ')}`);
  return fc.oneof({ weight: 1, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: odd });
}

function goodDocuments(origin: string, path: string) {
  const metadata = {
    issuer: origin,
    authorization_endpoint: `${origin}/authorize`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    revocation_endpoint: `${origin}/revoke`,
    jwks_uri: `${origin}/jwks`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['tools', 'offline_access'],
    token_endpoint_auth_methods_supported: ['none'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
    client_id_metadata_document_supported: false,
    authorization_response_iss_parameter_supported: true,
  };
  const resource = {
    resource: `${origin}${path}`,
    authorization_servers: [origin],
    scopes_supported: ['tools'],
    bearer_methods_supported: ['header'],
  };
  const client = {
    client_id: 'c1',
    client_secret: 'c2',
    client_secret_expires_at: 0,
    redirect_uris: ['http://127.0.0.1:8787/oauth/callback'],
    token_endpoint_auth_method: 'none',
    registration_client_uri: `${origin}/register/c1`,
  };
  return { metadata, resource, client };
}

/** Of any shape, in turn and together. `victim` is a place that the server may not send anybody to. */
export function anyAnswers(origin: string, victim: string, path = '/mcp'): fc.Arbitrary<Answers> {
  const at = { origin, victim };
  const { metadata, resource, client } = goodDocuments(origin, path);
  // Mostly one of them at a time, or nothing would ever get to the last.
  const some = (good: object, goodStatus = 200) => {
    const plain = { status: goodStatus, type: 'application/json', location: undefined };
    return fc.oneof(
      { weight: 2, arbitrary: fc.constant({ ...plain, body: JSON.stringify(good) }) },
      { weight: 1, arbitrary: oddAnswer({ ...good }, { ...at, goodStatus }) },
    );
  };
  return fc.record({
    challenge: some({}, 401),
    header: oddHeader(origin, victim, path),
    resource: some(resource),
    metadata: some(metadata),
    openid: some(metadata),
    register: some(client, 201),
  });
}

export function answerWith(peer: ScriptedServer, answers: Answers, path = '/mcp'): void {
  peer.on(path, (request, response) => {
    if (answers.header !== undefined) response.setHeader('www-authenticate', answers.header);
    saying(answers.challenge)(request, response);
  });
  peer.on(`/.well-known/oauth-protected-resource${path}`, saying(answers.resource));
  peer.on('/.well-known/oauth-authorization-server', saying(answers.metadata));
  peer.on('/.well-known/openid-configuration', saying(answers.openid));
  peer.on('/register', saying(answers.register));
}
