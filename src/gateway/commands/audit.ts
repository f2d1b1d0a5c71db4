import type { AuditEntry } from '../audit/audit.js';
import { readAudit, whoIs } from '../audit/reading.js';
import { PAGE_SIZE } from '../paging.js';
import { auditView } from '../views/audit.js';
import { answer, type Command } from './command.js';

/** Of one server or person: whoever is asked for and was never here must not cost a look at every entry there is. */
const LOOK_BACK_MS = 30 * 86_400_000;

/** What was done, by whom, newest first: of everybody, one server, or one person. */
export const audit: Command = async ({ servers: [server], person, page }, { services, note }) => {
  const { people } = services.settings();
  const about = server ?? person;
  await services.audit.flush();
  const found = readAudit(services.store, {
    sinceMs: about === undefined ? 0 : services.now() - LOOK_BACK_MS,
    order: 'newest-first',
    ...(server === undefined ? {} : { server }),
    ...(person === undefined ? {} : { who: whoIs(person, people) }),
  });
  const { entries, more } = await pageFrom(found, page);
  note('audit-shown', 'done', server);
  return answer(
    auditView({ entries, page, more, ...(about === undefined ? {} : { about }) }, services.now()),
  );
};

/** A page, and whether another one follows. */
async function pageFrom(
  found: AsyncIterable<AuditEntry>,
  page: number,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly more: boolean }> {
  const entries: AuditEntry[] = [];
  let before = (page - 1) * PAGE_SIZE;
  for await (const entry of found) {
    if (before > 0) before -= 1;
    else if (entries.length < PAGE_SIZE) entries.push(entry);
    else return { entries, more: true };
  }
  return { entries, more: false };
}
