import { GLOBAL } from '../../command-book.js';
import { missingAccess, Refusal, unknownCommand } from '../../refusal.js';
import { type Answer, type Call, NO_CONTENT, ok, param, type Route } from '../call.js';

/** The scope that a path names, and its command, if it names one. */
interface Place {
  readonly scope: string;
  readonly command: string;
}

function checkApplication(call: Call): void {
  if (param(call, 0) !== call.platform.application.id)
    throw new Refusal(403, 20012, 'You are not authorized to perform this action on this application');
}

function globalPlace(call: Call): Place {
  checkApplication(call);
  return { scope: GLOBAL, command: param(call, 1) };
}

function guildPlace(call: Call): Place {
  checkApplication(call);
  const guild = call.platform.directory.guilds.get(param(call, 1));
  if (guild?.bot !== true) throw missingAccess();
  return { scope: guild.id, command: param(call, 2) };
}

function create({ platform, body }: Call, { scope }: Place): Answer {
  const { command, known } = platform.commands.upsert(scope, body);
  return ok(command, known ? 200 : 201);
}

function get({ platform }: Call, { scope, command }: Place): Answer {
  const found = platform.commands.of(scope).find(({ id }) => id === command);
  if (found === undefined) throw unknownCommand();
  return ok(found);
}

function patch({ platform, body }: Call, { scope, command }: Place): Answer {
  const changed = platform.commands.patch(scope, command, body);
  if (changed === undefined) throw unknownCommand();
  return ok(changed);
}

function remove({ platform }: Call, { scope, command }: Place): Answer {
  if (!platform.commands.remove(scope, command)) throw unknownCommand();
  return NO_CONTENT;
}

type InPlace = (call: Call, place: Place) => Answer;

const DOINGS: readonly (readonly [string, string, InPlace])[] = [
  ['GET', '', ({ platform }, { scope }) => ok(platform.commands.of(scope))],
  ['PUT', '', ({ platform, body }, { scope }) => ok(platform.commands.overwrite(scope, body))],
  ['POST', '', create],
  ['GET', '/:id', get],
  ['PATCH', '/:id', patch],
  ['DELETE', '/:id', remove],
];

export const COMMANDS: readonly Route[] = DOINGS.flatMap(([method, rest, act]) => [
  {
    name: `${method} /applications/:id/commands${rest}`,
    answer: (call: Call) => act(call, globalPlace(call)),
  },
  {
    name: `${method} /applications/:id/guilds/:id/commands${rest}`,
    answer: (call: Call) => act(call, guildPlace(call)),
  },
]);
