import { command } from '../actions.js';
import type { Reply } from '../types.js';
import { oneLine } from '../wording.js';
import { serverLine } from './outcome.js';

/** Access that worked, and does not any more. */
export interface Ended {
  readonly server: string;
  /** A sign-in that its provider ended, or a key that the server refuses. */
  readonly what: 'sign-in' | 'key';
  /** Everyone's: it goes to those who can mend it. */
  readonly shared: boolean;
}

/** Said once, by itself. The button is a command: nothing in it expires. */
export function endedView({ server, what, shared }: Ended): Reply {
  const name = oneLine(server, 40);
  const label = what === 'key' ? 'Add key' : 'Sign in';
  return {
    title: '',
    lines: [serverLine(name, 'attention', `${name}: ${happened(what, shared)}`)],
    actions: [command(label, 'auth', server)],
  };
}

function happened(what: Ended['what'], shared: boolean): string {
  const whose = shared ? 'the' : 'your';
  const forAll = shared ? ', for everyone' : '';
  return what === 'key'
    ? `the server does not accept ${whose} key any more. Give a new one to go on${forAll}.`
    : `its provider ended ${whose} sign-in. Sign in again to go on${forAll}.`;
}
