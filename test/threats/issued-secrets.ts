/** Where something comes out. */
export type Place =
  /** The log, at `trace`, and whatever else a program writes to standard error. */
  | 'log'
  /** What a verb prints. */
  | 'verb'
  /** What people read in a chat. */
  | 'chat'
  /** What a platform is sent; tokens of bots go in headers and paths, which are not looked at. */
  | 'platform'
  /** What a platform is told of where it shall send to. */
  | 'webhook registration'
  /** What browsers are shown. */
  | 'page'
  /** What is behind the gateway gets: outcomes and errors of calls, events. */
  | 'agent'
  | 'metrics'
  | 'readiness'
  | 'audit'
  /** Records as an engine holds them. */
  | 'state';

/** What is secret in a run, and where it may come out besides the request that it is for. */
const MAY_STAND = {
  'access token': [],
  'refresh token': [],
  'authorization code': [],
  verifier: [],
  state: [],
  /** Of a link that leads straight to the provider, because there is no page of ours. */
  'state of a pasted address': ['chat', 'platform'],
  'client secret': [],
  'client key': [],
  assertion: [],
  'registration token': [],
  'device code': [],
  'user code': ['chat', 'platform'],
  'API key': [],
  digits: ['page'],
  'browser cookie': [],
  'page token': ['page'],
  'sign-in link': ['chat', 'platform'],
  'start link': ['chat', 'platform'],
  'bot token': [],
  'app token': [],
  'signing secret': [],
  response_url: [],
  'trigger id': ['platform'],
  'verification token': [],
  'interaction token': [],
  'webhook path': ['webhook registration'],
  'webhook secret': ['webhook registration'],
  'forged request': [],
  'sealing key': [],
  'storage password': [],
  'local token': [],
} as const satisfies Readonly<Record<string, readonly Place[]>>;

export type SecretKind = keyof typeof MAY_STAND;
export const SECRET_KINDS = Object.keys(MAY_STAND) as readonly SecretKind[];

const mayStand = (kind: SecretKind, place: Place): boolean =>
  (MAY_STAND[kind] as readonly Place[]).includes(place);

/** A part of this length gives a secret away; shorter ones are only looked for whole. */
const RUN = 12;

interface Secret {
  readonly kind: SecretKind;
  readonly value: string;
}

/** What does not depend on the bytes before and after it: as it stands in the middle of a header, a form or a dump. */
function middles(bytes: Buffer, encoding: 'base64' | 'base64url'): readonly string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replaceAll('=', '');
    const wholeBytes = Math.floor((before + bytes.length) / 3) * 4;
    return encoded.slice(before === 0 ? 0 : 4, before === 0 ? encoded.length : wholeBytes);
  });
}

/** As it is, and as it would stand in a URL, in JSON, in a header or in a dump. */
export function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...middles(bytes, 'base64'),
    ...middles(bytes, 'base64url'),
    bytes.toString('hex'),
  ];
}

/** What a JWT says (who signed it, when) stands elsewhere too; it is worth something with its signature alone. */
const secretPart = (secret: string): string => secret.replace(/^eyJ[\w-]+\.eyJ[\w-]+\./, '');

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Short ones are words: six digits may be a part of any number. */
function asWord({ kind, value }: Secret): RegExp {
  const parts = kind === 'digits' ? [value.slice(0, 3), value.slice(3)] : [value];
  return new RegExp(`(?<![\\w.])${parts.map(escaped).join('(?: |%20|\\+)?')}(?!\\w)`);
}

/**
 * What was issued in a run, and all that came out of it. A leak is a secret, or any twelve characters of one, plain or
 * encoded, at a place where that kind has nothing to do.
 */
export class IssuedSecrets {
  readonly #secrets = new Map<string, Secret>();
  readonly #seen: { readonly place: Place; readonly text: string }[] = [];

  /** Gives the secret back. Throws where there is none: a test that looks for nothing finds nothing. */
  note(kind: SecretKind, value: unknown): string {
    if (typeof value !== 'string' || value.length < 6) throw new Error(`no ${kind}`);
    this.#secrets.set(value, { kind, value });
    return value;
  }

  /** Something came out. Throws where it is empty, for the same reason. */
  saw(place: Place, text: string): void {
    if (text.trim() === '') throw new Error(`nothing came out: ${place}`);
    this.#seen.push({ place, text });
  }

  /** How many there are, of one kind or of all. */
  count(kind?: SecretKind): number {
    return [...this.#secrets.values()].filter((one) => kind === undefined || one.kind === kind).length;
  }

  /** Kind, place, and what stands before it there; each kind once for each place. */
  leaks(): readonly string[] {
    const runs = this.#runs();
    const short = [...this.#secrets.values()].filter(({ value }) => value.length < RUN);
    const found = new Map<string, string>();
    const add = (kind: SecretKind, place: Place, text: string, at: number): void => {
      const what = `${kind} in ${place}`;
      if (!mayStand(kind, place) && !found.has(what))
        found.set(what, `${what}: ${text.slice(Math.max(0, at - 120), at + 20)}`);
    };
    for (const { place, text } of this.#seen) {
      for (const secret of short) {
        const at = text.search(asWord(secret));
        if (at >= 0) add(secret.kind, place, text, at);
      }
      for (let at = 0; at + RUN <= text.length; at += 1) {
        for (const kind of runs.get(text.slice(at, at + RUN)) ?? []) add(kind, place, text, at);
      }
    }
    return [...found.values()];
  }

  /** Every run of twelve, and whose it is. */
  #runs(): ReadonlyMap<string, readonly SecretKind[]> {
    const runs = new Map<string, readonly SecretKind[]>();
    for (const { kind, value } of this.#secrets.values()) {
      if (value.length < RUN) continue;
      for (const spelt of new Set(spellings(secretPart(value)))) {
        for (let at = 0; at + RUN <= spelt.length; at += 1) {
          const run = spelt.slice(at, at + RUN);
          const kinds = runs.get(run) ?? [];
          if (!kinds.includes(kind)) runs.set(run, [...kinds, kind]);
        }
      }
    }
    return runs;
  }
}
