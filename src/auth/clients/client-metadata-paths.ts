/** Where the gateway serves what it says of itself as a client, below its public URL. */
export const CLIENT_METADATA_PATH = '/oauth/client-metadata.json';
export const JWKS_PATH = '/oauth/jwks.json';
