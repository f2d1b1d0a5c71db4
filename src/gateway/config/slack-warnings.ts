import type { Finding } from './mistakes.js';
import { type Block, platformBlock } from './platform-rules.js';
import {
  type IsVariable,
  isOwnRoot,
  notReachable,
  secretInFile,
  thisMachineOnly,
} from './platform-warnings.js';
import { listOf } from './reading.js';
import { SLACK_API } from './slack-schema.js';

const PATH = ['platforms', 'slack'] as const;

const SPEAK = { what: 'a token', variable: 'SLACK_BOT_TOKEN', reader: 'speak as the bot' };
const LISTEN = { what: 'a token', variable: 'SLACK_APP_TOKEN', reader: 'receive what is sent to the bot' };
const FORGE = { what: 'a secret', variable: 'SLACK_SIGNING_SECRET', reader: 'speak as anybody to the bot' };

function secretsInFile(
  { bot_token: bot, app_token: app, signing_secret: secret }: Block,
  isVariable: IsVariable,
): readonly Finding[] {
  const at = [...PATH, 'bot_token'];
  const botPaths = Array.isArray(bot) ? bot.map((_, index) => [...at, index]) : [at];
  return [
    ...botPaths.flatMap((path) => secretInFile(path, isVariable, SPEAK)),
    ...(app ? secretInFile([...PATH, 'app_token'], isVariable, LISTEN) : []),
    ...(secret ? secretInFile([...PATH, 'signing_secret'], isVariable, FORGE) : []),
  ];
}

/** An empty list is not the same as none. */
function nowhere({ workspaces }: Block): readonly Finding[] {
  if (workspaces === undefined || listOf(workspaces).length > 0) return [];
  return [
    {
      path: [...PATH, 'workspaces'],
      found: 'an empty list: the bot answers in no workspace',
      allowed: 'the workspaces in which it answers',
      remedy: 'Take the key out to let it answer wherever it is installed.',
    },
  ];
}

export function slackWarnings(root: Block, isVariable: IsVariable): readonly Finding[] {
  const block = platformBlock(root, 'slack');
  if (block === undefined) return [];
  const { public_url: url } = root;
  const warnings = [...secretsInFile(block, isVariable), ...nowhere(block)];
  if (typeof url !== 'string') return [...warnings, thisMachineOnly(PATH, 'an app', '')];
  if (block.mode !== 'http' || !isOwnRoot(block.api_root, SLACK_API)) return warnings;
  const unreachable = notReachable(url, 'Slack', 'what people type', 'socket');
  return unreachable === undefined ? warnings : [...warnings, unreachable];
}
