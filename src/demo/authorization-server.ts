import { randomUUID } from 'node:crypto';
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js';
import {
  createOAuthMetadata,
  mcpAuthMetadataRouter,
  mcpAuthRouter,
} from '@modelcontextprotocol/sdk/server/auth/router.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import express from 'express';
import { Grants } from './grants.js';
import { Interactions } from './interactions.js';

export interface DemoAuthorizationServer {
  readonly app: express.Express;
  readonly grants: Grants;
}

export interface DemoAuthorizationServerOptions {
  readonly issuer: URL;
  readonly people: readonly string[];
  readonly password: string;
  /** The resource that tokens are for where a client names none (RFC 8707 is optional). */
  readonly defaultResource: URL;
  readonly accessTokenSeconds: (resource: URL) => number;
  readonly scopes: readonly string[];
}

/**
 * The demo's authorization server: the MCP SDK's own endpoints (metadata, dynamic registration, token, revocation)
 * around a login and a consent page of ours. Everything is in memory and gone with the process.
 */
export function createAuthorizationServer(options: DemoAuthorizationServerOptions): DemoAuthorizationServer {
  const clients = new Map<string, OAuthClientInformationFull>();
  const grants = new Grants(options.accessTokenSeconds);
  const interactions = new Interactions(options, grants, (clientId) => clients.get(clientId)?.client_name);

  const provider: OAuthServerProvider = {
    clientsStore: {
      getClient: (clientId) => clients.get(clientId),
      registerClient(client) {
        const registered = {
          ...client,
          client_id: randomUUID(),
          client_id_issued_at: Math.floor(Date.now() / 1000),
        };
        clients.set(registered.client_id, registered);
        return registered;
      },
    },
    async authorize(client, parameters, response) {
      response.redirect(303, interactions.begin(client.client_id, parameters));
    },
    challengeForAuthorizationCode: async (client, code) => grants.challengeOf(client.client_id, code),
    exchangeAuthorizationCode: async (client, code, _verifier, redirectUri) =>
      grants.redeemCode(client.client_id, code, redirectUri),
    exchangeRefreshToken: async (client, refreshToken) => grants.refresh(client.client_id, refreshToken),
    verifyAccessToken: async (token) => grants.verify(token),
    revokeToken: async (client, request) => grants.revoke(client.client_id, request.token),
  };

  const app = express();
  app.disable('x-powered-by');
  const common = { provider, issuerUrl: options.issuer, scopesSupported: [...options.scopes] };
  // RFC 9207: `interactions` puts `iss` on every answer, so the metadata, served before the SDK's own, says so.
  const oauthMetadata = {
    ...createOAuthMetadata(common),
    authorization_response_iss_parameter_supported: true,
    revocation_endpoint_auth_methods_supported: ['client_secret_post', 'none'],
  };
  app.use(mcpAuthMetadataRouter({ oauthMetadata, resourceServerUrl: options.issuer }));
  app.use(mcpAuthRouter({ ...common, clientRegistrationOptions: { clientIdGeneration: false } }));
  app.use(interactions.routes());
  return { app, grants };
}
