import type { ClientKeys } from '../auth/clients/client-keys.js';
import type { HttpServer } from '../auth/types.js';
import type { Settings } from '../gateway/settings.js';
import type { ClientDocuments } from '../http/client-documents.js';

/** Who the gateway is to authorization servers, by the config as it is now. */
export function clientDocumentsOf(
  publicUrl: string,
  keys: ClientKeys,
  settings: () => Settings,
): ClientDocuments {
  const servers = () => settings().servers.filter((server): server is HttpServer => server.kind !== 'stdio');
  return {
    metadata: async () => {
      const { clientMetadataDocument } = await import('../auth/clients/client-metadata.js');
      return clientMetadataDocument(publicUrl, servers());
    },
    keys: () => keys.published(servers()),
  };
}
