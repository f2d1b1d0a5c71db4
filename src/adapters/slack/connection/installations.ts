import type { Actor } from '../../../gateway/types.js';
import type { Home } from '../types.js';

/** The app in a workspace, or in a whole organisation. */
export interface Installation {
  /** The id of the workspace or organisation. */
  readonly key: string;
  readonly token: string;
  /** Absent where the installation is an organisation's. */
  readonly team?: string;
  readonly enterprise?: string;
  readonly botUserId?: string;
  /** For operators: `Acme (T1)`. */
  readonly name: string;
}

/** Which of the tokens speaks where. */
export interface Installations {
  /** Undefined: the app is not installed there as far as we know, or its token is refused. Waits a little for a start. */
  of(home: Home): Promise<Installation | undefined>;
  /** By the key that a reference holds. Rejects where it is in the store, and that is away. */
  named(key: string): Promise<Installation | undefined>;
  /** The one by which this person's private chat is reached, if they are of a workspace that has one. */
  ofActor(actor: Actor): Promise<Installation | undefined>;
  /** The one whose bot this is. */
  ofBot(userId: string): Installation | undefined;
  /** The organisation that a workspace with an installation belongs to. */
  enterpriseOf(team: string): string | undefined;
  /** More than one workspace or organisation may have the app. */
  readonly several: boolean;
  /** False: some of the tokens could not be asked about yet. */
  readonly complete: boolean;
  /** Its token was refused: nothing more is asked with it. */
  refuse(installation: Installation): void;
  isRefused(installation: Installation): boolean;
  /** Something was revoked there: asks whether the token still works. */
  recheck(home: Home): Promise<void>;
}

/** The workspace's own installation, else its organisation's. */
export function matching(all: readonly Installation[], { team, enterprise }: Home): Installation | undefined {
  const own = team === undefined ? undefined : all.find((one) => one.key === team);
  if (own !== undefined || enterprise === undefined) return own;
  return (
    all.find((one) => one.key === enterprise) ??
    (team === undefined ? all.find((one) => one.enterprise === enterprise) : undefined)
  );
}

/** A person is of a workspace, or of an organisation: then any of its workspaces will do. */
export function matchingActor(all: readonly Installation[], { tenant }: Actor): Installation | undefined {
  if (tenant === undefined) return undefined;
  return (
    all.find(({ key }) => key === tenant) ??
    all.find(({ team, enterprise }) => team === tenant || enterprise === tenant)
  );
}
