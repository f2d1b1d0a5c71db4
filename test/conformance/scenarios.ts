/** One run of the official runner: a scenario at a specification version. */
export interface Case {
  readonly scenario: string;
  readonly version: string;
}

const SINCE_JUNE = ['token-endpoint-auth-basic', 'token-endpoint-auth-post', 'token-endpoint-auth-none'];

const SINCE_NOVEMBER = [
  'metadata-default',
  'metadata-var1',
  'metadata-var2',
  'metadata-var3',
  'basic-cimd',
  'scope-from-www-authenticate',
  'scope-from-scopes-supported',
  'scope-omitted-when-undefined',
  'scope-step-up',
  'scope-retry-limit',
  ...SINCE_JUNE,
  'pre-registration',
];

const SINCE_JULY = [
  ...SINCE_NOVEMBER,
  'resource-mismatch',
  'offline-access-scope',
  'offline-access-not-supported',
  'authorization-server-migration',
  'iss-supported',
  'iss-not-advertised',
  'iss-supported-missing',
  'iss-wrong-issuer',
  'iss-unexpected',
  'iss-normalized',
  'metadata-issuer-mismatch',
];

const BY_VERSION: Readonly<Record<string, readonly string[]>> = {
  '2025-03-26': ['2025-03-26-oauth-metadata-backcompat', '2025-03-26-oauth-endpoint-fallback'],
  '2025-06-18': SINCE_JUNE,
  '2025-11-25': SINCE_NOVEMBER,
  '2026-07-28': SINCE_JULY,
};

/** The auth scenarios that the suite scores: 2 + 3 + 14 + 25. */
export const SCORED: readonly Case[] = Object.entries(BY_VERSION).flatMap(([version, names]) =>
  names.map((name) => ({ scenario: `auth/${name}`, version })),
);

/** Scenarios of extensions belong to no version, and are not scored. */
export const EXTENSIONS: readonly Case[] = ['client-credentials-basic', 'client-credentials-jwt'].map(
  (name) => ({ scenario: `auth/${name}`, version: 'extension' }),
);
