import { renderReply } from '../adapters/terminal/render.js';
import type { CredentialView } from '../auth/types.js';
import { noPerson, personOf } from '../gateway/access/credential-owner.js';
import { rowOf } from '../gateway/commands/users.js';
import { SHARED } from '../gateway/services.js';
import type { Settings } from '../gateway/settings.js';
import { userLine } from '../gateway/views/users.js';
import { counted } from '../gateway/wording.js';
import { type CredentialsOptions, withCredentials } from './credentials.js';
import { VerbError } from './failure.js';
import { colours } from './terminal.js';

export interface ListOptions extends CredentialsOptions {
  readonly subject?: string;
  readonly json?: boolean;
}

/** Who holds what, without a secret in it. */
export function listCredentials({ subject, json, ...options }: ListOptions): Promise<number> {
  return withCredentials(options, async ({ desk, settings }) => {
    const held = await desk.list(subject === undefined ? undefined : subjectOf(subject, settings));
    const views = held.toSorted(
      (a, b) => a.subject.localeCompare(b.subject) || a.server.localeCompare(b.server),
    );
    if (json === true)
      process.stdout.write(views.map((view) => `${JSON.stringify(fieldsOf(view))}\n`).join(''));
    else show(views, settings);
    return 0;
  });
}

function subjectOf(subject: string, { people }: Settings): string {
  if (subject === SHARED) return SHARED;
  const whose = personOf(subject, people);
  if (whose === undefined) throw new VerbError(noPerson(subject, Object.keys(people)), 2);
  return whose;
}

function show(views: readonly CredentialView[], settings: Settings): void {
  const nowMs = Date.now();
  const facts = { settings: () => settings, connections: { known: () => undefined }, now: () => nowMs };
  const reply = {
    title: views.length === 0 ? 'Nothing is held.' : 'Credentials',
    ...(views.length === 0 ? {} : { aside: counted(views.length, 'credential') }),
    lines: views.map((view) => userLine(rowOf(view, facts), nowMs)),
    actions: [],
  };
  process.stdout.write(`${renderReply(reply, { colour: colours(), button: () => '' }).join('\n')}\n`);
}

const at = (ms: number): string | undefined =>
  Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;

/** For programs. What is undefined is left out by JSON. */
function fieldsOf(view: CredentialView): object {
  const { subject, server, kind } = view;
  if (view.kind === 'unreadable') return { subject, server, kind };
  const common = {
    subject,
    server,
    kind,
    issued_at: at(view.issuedAtMs),
    ended_by_provider_at: view.refused === undefined ? undefined : at(view.refused.sinceMs),
  };
  if (view.kind === 'keys') return { ...common, keys: view.masked };
  const { scope, issuer, registration, refreshable, expiresAtMs } = view;
  const expires = expiresAtMs === undefined ? undefined : at(expiresAtMs);
  return {
    ...common,
    issuer,
    scope,
    client: registration,
    expires_at: expires,
    renews_by_itself: refreshable,
  };
}
