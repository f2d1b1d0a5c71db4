import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** ITU-T X.690: tag, length, content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 128) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const TRUE = der(0x01, Buffer.from([0xff]));
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = '550403';
const KEY_USAGE = '551d0f';
const ALTERNATIVE_NAME = '551d11';
const BASIC_CONSTRAINTS = '551d13';

const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(oid(COMMON_NAME), der(0x0c, Buffer.from(text)))));

/** RFC 5280 §4.1.2.5.1. */
const time = (ms: number): Buffer =>
  der(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));

const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), TRUE, der(0x04, value));

interface Wanted {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280 §4.1, good for a day. */
function certificate({ issuer, subject, publicKey, extensions }: Wanted, signer: KeyObject): string {
  const day = 86_400_000;
  const serial = Buffer.concat([Buffer.from([1]), randomBytes(8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(time(Date.now() - day), time(Date.now() + day)),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, signer));
  const text = sequence(body, ECDSA_WITH_SHA256, signature).toString('base64');
  const lines = text.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export interface TestCertificate {
  /** PEM of the authority, to be trusted in the test alone. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate for one host from an authority made for it; both keys live and die with the test. */
export function testCertificate(host: string): TestCertificate {
  const authority = keyPair();
  const server = keyPair();
  const issuer = 'Test authority';
  const isAuthority = extension(BASIC_CONSTRAINTS, sequence(TRUE));
  const signsCertificates = extension(KEY_USAGE, Buffer.from([0x03, 0x02, 0x02, 0x04]));
  const forHost = extension(ALTERNATIVE_NAME, sequence(der(0x82, Buffer.from(host))));
  const { publicKey } = server;
  return {
    ca: certificate(
      {
        issuer,
        subject: issuer,
        publicKey: authority.publicKey,
        extensions: [isAuthority, signsCertificates],
      },
      authority.privateKey,
    ),
    cert: certificate({ issuer, subject: host, publicKey, extensions: [forHost] }, authority.privateKey),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
