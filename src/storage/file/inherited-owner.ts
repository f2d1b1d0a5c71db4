import { lchown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * What root makes inside a state folder belongs to whom the folder belongs to: a verb that is typed as root must not
 * lock out a gateway that runs as somebody else. Does nothing for other users, who can give nothing away.
 *
 * @param give by default not through a link: the folder's owner could have put one there
 */
export async function inheritOwner(
  path: string,
  give: (uid: number, gid: number) => Promise<void> = (uid, gid) => lchown(path, uid, gid),
): Promise<void> {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  // Some file systems know one owner, or refuse: then nobody can be locked out, or it has to be left as it is.
  if (uid !== 0) await give(uid, gid).catch(() => {});
}
