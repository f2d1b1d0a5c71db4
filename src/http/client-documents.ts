/** What authorization servers fetch to learn who the gateway is as a client. Nothing in it is secret. */
export interface ClientDocuments {
  /** draft-ietf-oauth-client-id-metadata-document. */
  metadata(): Promise<object>;
  /** RFC 7517 §5: public keys alone. */
  keys(): Promise<object>;
}
