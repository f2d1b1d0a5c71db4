import { z } from 'zod';
import { allUnused, scalar, seconds, text } from './leaves.js';

export const UNUSED_OAUTH_KEYS = ['redirect_host', 'user_agent'] as const;

const port = 'a port number from 0 to 65535 (0: none in particular)';

const AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
const SIGNING_ALGS = [
  'ES256',
  'ES384',
  'ES512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'EdDSA',
] as const;

const oauthKeys = {
  client_id: scalar('text: the id of the client as registered with the provider').optional().meta({
    description:
      'Of a client registered with the provider by hand; without it, the gateway registers itself.',
  }),
  client_secret: scalar('text: the secret of that client').optional().meta({
    description: 'Goes with client_id. Better not written here: "${NAME}".',
  }),
  scope: text('text: scopes with spaces between them').optional().meta({
    description: 'Scopes to ask for, with spaces between them; without it, what the server names.',
  }),
  redirect_port: z.int({ error: port }).min(0, { error: port }).max(65_535, { error: port }).optional().meta({
    description:
      'Port of the redirect URI http://127.0.0.1:PORT/callback, where people do not come back to public_url.',
  }),
  flow: z
    .enum(['auto', 'browser', 'paste', 'device'], { error: '`auto`, `browser`, `paste` or `device`' })
    .optional()
    .meta({
      description:
        'How people come back. browser: to the gateway. paste: they send the address of the last page. device: they type a code at the provider. auto: what fits.',
    }),
  redirect_uri: text('an https URL (http only to this machine)').optional().meta({
    description:
      "Where the provider knows a redirect URI other than the gateway's {public_url}/oauth/callback.",
  }),
  client_name: text('text: the name that the consent page shows').optional().meta({
    description: 'What the consent page calls this client.',
  }),
  timeout: seconds('a number of seconds above 0, up to 86400, such as 300').optional().meta({
    description: 'Seconds that a sign-in with this server may take; without it, security.sign_in_lifetime.',
  }),
  client_metadata_url: text('an https URL with a path').optional().meta({
    description:
      "Address of a client metadata document, where it is not the gateway's own {public_url}/oauth/client-metadata.json.",
  }),
  cimd: z.boolean({ error: '`true` or `false`' }).optional().meta({
    description: 'false: register with the provider even where it takes client metadata documents.',
  }),
  token_endpoint_auth_method: z
    .enum(AUTH_METHODS, { error: AUTH_METHODS.map((one) => `\`${one}\``).join(', ') })
    .optional()
    .meta({
      description: 'How the client proves itself to the provider, where the usual choice is not wanted.',
    }),
  private_key: text('a private key: PKCS #8 in PEM, or a JWK').optional().meta({
    description:
      'For private_key_jwt; without it, the gateway\'s own key, published at {public_url}/oauth/jwks.json. Better not written here: "${NAME}".',
  }),
  signing_alg: z
    .enum(SIGNING_ALGS, { error: SIGNING_ALGS.map((one) => `\`${one}\``).join(', ') })
    .optional()
    .meta({
      description: 'The algorithm of private_key, where it does not say so itself.',
    }),
  issuer: text('an https URL (http only to this machine)').optional().meta({
    description:
      'The authorization server, where it is not the one that the server names first, or where nothing says that it is the server itself.',
  }),
};

/** All that has a meaning of its own in `oauth`; other keys go along to the authorization page. */
export const OAUTH_KEYS: readonly string[] = [...Object.keys(oauthKeys), ...UNUSED_OAUTH_KEYS];

export const oauthBlock = z
  .object(
    { ...oauthKeys, ...allUnused(UNUSED_OAUTH_KEYS) },
    { error: 'a block of keys such as client_id and scope' },
  )
  .catchall(scalar('text: it goes along to the authorization page as it is'))
  .meta({
    description:
      'Details of the sign-in. Other keys (prompt, access_type, audience, …) go along as parameters.',
  });
