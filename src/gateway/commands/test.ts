import { knownFacts } from '../services.js';
import { disabledServer, serverGone } from '../views/sentences.js';
import { testView } from '../views/test.js';
import { answer, type Command, viewerOf } from './command.js';
import { lookNow } from './look.js';
import { serverNamed } from './servers.js';

/** Connects now and says how it went. */
export const test: Command = async ({ servers }, context) => {
  const { services, subject } = context;
  const server = serverNamed(services.settings(), servers[0]);
  if (server === undefined) return answer(serverGone());
  if (!server.enabled) return answer(disabledServer(server.name));
  return lookNow(server, context, async (probe) => {
    const [known] = await knownFacts(services, [server], subject);
    return known === undefined ? serverGone() : testView({ ...known, probe }, viewerOf(context));
  });
};
