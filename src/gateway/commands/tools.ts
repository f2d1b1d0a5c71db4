import { wantingNames } from '../looking.js';
import { isStale, knownFacts, type ServerFacts } from '../services.js';
import { disabledServer, serverGone } from '../views/sentences.js';
import { toolsView } from '../views/tools.js';
import { answer, type Command, viewerOf } from './command.js';
import { lookNow } from './look.js';
import { serverNamed } from './servers.js';

/** The tools of a server, eight a page; from the last look where it is fresh, so that leafing costs no connection. */
export const tools: Command = async ({ servers, page }, context) => {
  const { services, subject } = context;
  const server = serverNamed(context, servers[0]);
  if (server === undefined) return answer(serverGone());
  if (!server.enabled) return answer(disabledServer(server.name));
  const [known] = await knownFacts(services, [server], subject);
  if (known === undefined) return answer(serverGone());
  const view = (one: ServerFacts) => toolsView(one, page, viewerOf(context));
  if (!isStale(known, services) && known.probe?.result.kind === 'ready') return answer(view(known));
  const looking = services.connections.probe(server, known.subject);
  return lookNow(server, looking, context, async (probe) => {
    const [now = known] = await knownFacts(services, [server], subject);
    const facts = { ...now, probe };
    // A list of tools says nothing of access.
    context.look.says(probe.result.kind === 'ready' ? [] : wantingNames([facts], services.now()));
    return view(facts);
  });
};
