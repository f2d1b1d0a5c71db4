/** What the runner hands to clients that were registered with the authorization server beforehand. */
interface Context {
  readonly client_id?: string;
  readonly client_secret?: string;
  readonly issuer?: string;
  readonly private_key_pem?: string;
  readonly signing_algorithm?: string;
}

type Words = Readonly<Record<string, unknown>>;

/** The address that the suite expects as the client's id, where an authorization server takes metadata documents. */
const CLIENT_METADATA_URL = 'https://conformance-test.local/client-metadata.json';

function oauthWords({
  client_id,
  client_secret,
  issuer,
  private_key_pem,
  signing_algorithm,
}: Context): Words {
  return {
    client_metadata_url: CLIENT_METADATA_URL,
    ...(client_id === undefined ? {} : { client_id }),
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(issuer === undefined ? {} : { issuer }),
    ...(private_key_pem === undefined ? {} : { private_key: private_key_pem }),
    ...(signing_algorithm === undefined ? {} : { signing_alg: signing_algorithm }),
  };
}

/** The config that an operator would write: the same for all scenarios, and what the runner says about the client. */
export function configFor(name: string, url: string, environment: NodeJS.ProcessEnv): Words {
  const context = JSON.parse(environment.MCP_CONFORMANCE_CONTEXT ?? '{}') as Context;
  // An operator knows which of their clients are service accounts; the runner's context does not say.
  const isService = environment.MCP_CONFORMANCE_SCENARIO?.startsWith('auth/client-credentials') === true;
  const auth = isService ? 'client_credentials' : 'oauth';
  return {
    mcp_servers: { [name]: { url, auth, oauth: oauthWords(context) } },
    access: { users: ['terminal:ana'], admins: ['terminal:ana'] },
    log: { level: 'debug' },
  };
}
