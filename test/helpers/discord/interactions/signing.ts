import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** An Ed25519 key pair of an application. */
export class SigningKey {
  readonly #private: KeyObject;
  /** 32 bytes in hex, as the developer portal shows it. */
  readonly publicKey: string;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#private = privateKey;
    this.publicKey = Buffer.from(String(publicKey.export({ format: 'jwk' }).x), 'base64url').toString('hex');
  }

  sign(timestamp: string, body: string): string {
    return sign(null, Buffer.from(timestamp + body), this.#private).toString('hex');
  }
}
