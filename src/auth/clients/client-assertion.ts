import { createPrivateKey } from 'node:crypto';
import type { JWK } from 'jose';
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint';
import { SignJWT } from 'jose/jwt/sign';
import { exportJWK } from 'jose/key/export';
import { generateKeyPair } from 'jose/key/generate/keypair';
import { importJWK } from 'jose/key/import';
import type { OAuthSettings } from '../types.js';

export type { JWK } from 'jose';

const OWN_ALG = 'ES256';
/** Clocks differ: an assertion is good from a little before it was made. */
const EARLY_SECONDS = 30;
const LIFETIME_SECONDS = 120;

/** Secrets, and what is said of the private half alone: a library that imports a public key to `sign` refuses it. */
const PRIVATE_MEMBERS = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'key_ops', 'ext']);

export const publicHalf = (jwk: JWK): JWK =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !PRIVATE_MEMBERS.has(name)));

function algorithmOf(jwk: JWK): string {
  if (jwk.alg !== undefined) return jwk.alg;
  if (jwk.kty === 'RSA') return 'RS256';
  if (jwk.kty === 'OKP') return 'EdDSA';
  return jwk.crv === 'P-384' ? 'ES384' : jwk.crv === 'P-521' ? 'ES512' : 'ES256';
}

/** A JWK, or whatever PEM holds a private key. The config's rules have looked at it. */
function read(privateKey: string): JWK {
  if (privateKey.trimStart().startsWith('{')) return JSON.parse(privateKey) as JWK;
  return createPrivateKey(privateKey).export({ format: 'jwk' });
}

export function configuredJwk({ privateKey = '', signingAlg }: OAuthSettings): JWK {
  const jwk = read(privateKey);
  return signingAlg === undefined ? jwk : { ...jwk, alg: signingAlg };
}

export async function newJwk(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(OWN_ALG, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: OWN_ALG, use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** RFC 7523 §3. A key id goes along only where somebody gave one: another's guess at it would find nothing. */
export async function signAssertion(
  jwk: JWK,
  clientId: string,
  audience: string,
  nowMs: number,
): Promise<string> {
  const alg = algorithmOf(jwk);
  const key = await importJWK(jwk, alg);
  const seconds = Math.floor(nowMs / 1000);
  return await new SignJWT({})
    .setProtectedHeader({ alg, typ: 'JWT', ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(crypto.randomUUID())
    .setIssuedAt(seconds - EARLY_SECONDS)
    .setExpirationTime(seconds + LIFETIME_SECONDS)
    .sign(key);
}
