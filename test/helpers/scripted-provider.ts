import { json, type ScriptedServer, startScriptedServer } from './scripted-server.js';

/** Authorization server metadata (RFC 8414) with as much as a sign-in needs. */
export const metadataAt = (origin: string, more: object = {}): object => ({
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  registration_endpoint: `${origin}/register`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  ...more,
});

/** A scripted server that is an MCP server and its authorization server, as far as a sign-in asks: cheap enough for hundreds. */
export async function startScriptedProvider(): Promise<ScriptedServer> {
  const server = await startScriptedServer();
  const { origin } = server;
  server.on(
    '/.well-known/oauth-protected-resource/mcp',
    json({ resource: `${origin}/mcp`, authorization_servers: [origin] }),
  );
  server.on('/.well-known/oauth-authorization-server', json(metadataAt(origin)));
  server.on(
    '/register',
    json({ client_id: 'c1', redirect_uris: ['http://127.0.0.1:8787/oauth/callback'] }, 201),
  );
  return server;
}
