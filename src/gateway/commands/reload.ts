import { reloadView } from '../views/reload.js';
import { answer, type Command } from './command.js';

/** Reads the config again. A broken one changes nothing. */
export const reload: Command = async (_call, { services }) => answer(reloadView(await services.reload()));
