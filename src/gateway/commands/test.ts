import type { TriedTool } from '../../mcp/types.js';
import { wantingNames } from '../looking.js';
import { knownFacts, subjectFor } from '../services.js';
import { disabledServer, serverGone } from '../views/sentences.js';
import { testView, trialView } from '../views/test.js';
import { answer, type Command, viewerOf } from './command.js';
import { lookNow } from './look.js';
import { serverNamed } from './servers.js';

/** Connects now, calls the tool that was named, and says how it went. */
export const test: Command = async ({ servers, tool }, context) => {
  const { services, subject } = context;
  const server = serverNamed(context, servers[0]);
  if (server === undefined) return answer(serverGone());
  if (!server.enabled) return answer(disabledServer(server.name));
  const whose = subjectFor(server, subject);
  const looking =
    tool === undefined
      ? services.connections.probe(server, whose).then((probe): TriedTool => ({ probe }))
      : services.connections.tryTool(server, whose, tool);
  return lookNow(server, looking, context, async ({ probe, trial }) => {
    const [known] = await knownFacts(services, [server], subject);
    if (known === undefined) return serverGone();
    const facts = { ...known, probe };
    const viewer = viewerOf(context);
    context.look.says(wantingNames([facts], viewer.nowMs));
    return tool === undefined || trial === undefined
      ? testView(facts, viewer)
      : trialView(facts, tool, trial, viewer);
  });
};
