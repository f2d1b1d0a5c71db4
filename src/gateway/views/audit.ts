import { command } from '../actions.js';
import type { AuditEntry, AuditEvent } from '../audit/audit.js';
import { relative } from '../times.js';
import type { Mark, Reply } from '../types.js';
import { oneLine } from '../wording.js';
import { sentence } from './sentences.js';

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  readonly page: number;
  readonly more: boolean;
  /** The server or person that was asked about: then of the last 30 days. */
  readonly about?: string;
}

/** `/mcp audit`: the newest first, eight a page. */
export function auditView({ entries, page, more, about }: AuditPage, nowMs: number): Reply {
  const of = about === undefined ? '' : ` of ${oneLine(about, 60)}`;
  const within = about === undefined ? '' : ', last 30 days';
  const base = ['audit', ...(about === undefined ? [] : [about])];
  const go = (label: string, to: number) => command(label, ...base, 'page', `${to}`);
  const newer = page > 1 ? [go('Newer', page - 1)] : [];
  if (entries.length === 0) {
    const nothing = `Nothing${page > 1 ? ' older' : ''}${of} is in the audit`;
    return sentence(
      about === undefined ? `${nothing}.` : `${nothing} of the last 30 days.`,
      'neutral',
      ...newer,
    );
  }
  return {
    title: `Audit${of}${within}${page === 1 && !more ? '' : `, page ${page}`}`,
    lines: entries.map((entry) => ({
      ...markOf(entry),
      // The first is what a phone shows in bold.
      cells: [
        auditWords(entry),
        oneLine(entry.actor ?? entry.subject ?? '', 60),
        oneLine(entry.server ?? '', 40),
        relative(entry.atMs, nowMs),
      ],
    })),
    actions: [...newer, ...(more ? [go('Older', page + 1)] : [])],
  };
}

const WORDS: Readonly<Record<AuditEvent, string>> = {
  'sign-in-begun': 'sign-in begun',
  'sign-in-ended': 'sign-in',
  'sign-in-quarantined': 'came back in another browser',
  confirm: 'code given',
  cancel: 'sign-in cancelled',
  'key-given': 'key given',
  'sign-out': 'signed out',
  'grant-died': 'signed out by the provider',
  'agent-call': 'agent asked',
  refused: 'refused',
  'users-shown': 'looked who is signed in',
  'audit-shown': 'looked at the audit',
  reload: 'config read again',
  'credential-exported': 'sign-in exported',
  'credential-imported': 'sign-in imported',
  'credential-revoked': 'sign-in revoked',
  'keys-rotated': 'rotated the keys',
  'storage-copied': 'copied the storage',
};

/** Outcomes that say no more than the event does, or what another entry says. */
const PLAIN = new Set(['done', 'ended', 'begun', 'waiting', 'cancelled', 'reloaded']);

/** "sign-in: connected". How a sign-in ended is always said: the event alone does not tell. */
export function auditWords({ what, outcome, subject, actor }: AuditEntry): string {
  const words =
    PLAIN.has(outcome) && what !== 'sign-in-ended' ? WORDS[what] : `${WORDS[what]}: ${oneLine(outcome, 60)}`;
  return subject === undefined || actor === undefined || subject === actor
    ? words
    : `${words} (for ${oneLine(subject, 40)})`;
}

const GOOD = new Set(['connected', 'kept', 'ended']);
const BAD = /^(failed|refused|wrong|declined|stranger|group|too-many|admins-only|broken)\b/;

function markOf({ what, outcome }: AuditEntry): { readonly mark?: Mark } {
  if (what === 'sign-in-quarantined' || what === 'grant-died') return { mark: 'attention' };
  if (GOOD.has(outcome)) return { mark: 'ok' };
  return BAD.test(outcome) ? { mark: 'failed' } : { mark: 'neutral' };
}
