import { helpView } from '../views/help.js';
import { answer, type Command } from './command.js';

/** What this person may run. */
export const help: Command = async (_call, { role }) => answer(helpView(role));
