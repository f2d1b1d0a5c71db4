import { reloadView } from '../views/reload.js';
import { answer, type Command } from './command.js';

/** Reads the config again. A broken one changes nothing. */
export const reload: Command = async (_call, { services, note }) => {
  const outcome = await services.reload();
  note('reload', outcome.kind);
  return answer(reloadView(outcome));
};
