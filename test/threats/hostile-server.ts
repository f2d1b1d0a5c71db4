import { json, type ScriptedServer, startScriptedServer } from '../helpers/scripted-server.js';

type Document = Readonly<Record<string, unknown>>;

export interface HostileAnswers {
  /** Where the 401 says that the resource's metadata is. @default its own */
  readonly challenge?: (origin: string) => string;
  /** In place of, or added to, what the resource's metadata says (RFC 9728). */
  readonly resource?: (origin: string) => Document;
  /** In place of, or added to, what its authorization server's metadata says (RFC 8414). */
  readonly metadata?: (origin: string) => Document;
}

/**
 * An MCP server and its authorization server at one origin, which would work but for what the test has them say.
 * Nobody consents there: the way back is made up from the authorization URL's `state`.
 */
export async function startHostileServer({
  challenge,
  resource,
  metadata,
}: HostileAnswers): Promise<ScriptedServer> {
  const server = await startScriptedServer();
  const { origin } = server;
  server.on('/mcp', (_request, response) => {
    const where = challenge?.(origin) ?? `${origin}/resource`;
    const header = `Bearer resource_metadata="${where}", scope="tools"`;
    response.writeHead(401, { 'www-authenticate': header }).end();
  });
  const said = { resource: `${origin}/mcp`, authorization_servers: [origin], ...resource?.(origin) };
  server.on('/resource', json(said));
  const document = json({
    issuer: origin,
    authorization_endpoint: `${origin}/auth`,
    token_endpoint: `${origin}/token`,
    registration_endpoint: `${origin}/register`,
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    ...metadata?.(origin),
  });
  server.on('/.well-known/oauth-authorization-server', document);
  server.on('/.well-known/openid-configuration', document);
  server.on('/register', json({ client_id: 'hostile', redirect_uris: [] }, 201));
  return server;
}

/** Entries of the config under the name `files`. */
export function configured({ origin }: ScriptedServer): Document {
  return { mcp_servers: { files: { url: `${origin}/mcp`, auth: 'oauth' } } };
}
