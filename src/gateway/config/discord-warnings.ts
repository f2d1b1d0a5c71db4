import { DISCORD_API } from './discord-schema.js';
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

const PATH = ['platforms', 'discord'] as const;
const TOKEN = { what: 'a token', variable: 'DISCORD_BOT_TOKEN', reader: 'speak as the bot' };

/** Over HTTP Discord sends interactions alone. */
function commandsOnly({ mode }: Block): readonly Finding[] {
  if (mode !== 'http') return [];
  return [
    {
      path: [...PATH, 'mode'],
      found: '`http`, over which Discord sends no messages',
      allowed: '`http` where /mcp, its buttons and forms are enough; `gateway` for all',
      remedy: 'Text in private chats and mentions of the bot are not answered; the command /mcp is.',
    },
  ];
}

/** An empty list is not the same as none. */
function nowhere({ guilds }: Block): readonly Finding[] {
  if (guilds === undefined || listOf(guilds).length > 0) return [];
  return [
    {
      path: [...PATH, 'guilds'],
      found: 'an empty list: /mcp is registered in no server',
      allowed: 'the servers (guilds) in which it is',
      remedy: 'Take the key out to have /mcp wherever the bot is.',
    },
  ];
}

export function discordWarnings(root: Block, isVariable: IsVariable): readonly Finding[] {
  const block = platformBlock(root, 'discord');
  if (block === undefined) return [];
  const { public_url: url } = root;
  const warnings = [
    ...secretInFile([...PATH, 'token'], isVariable, TOKEN),
    ...commandsOnly(block),
    ...nowhere(block),
  ];
  if (typeof url !== 'string') return [...warnings, thisMachineOnly(PATH, 'a bot', '')];
  if (block.mode !== 'http' || !isOwnRoot(block.api_root, DISCORD_API)) return warnings;
  const unreachable = notReachable(url, 'Discord', 'what people type', 'gateway');
  return unreachable === undefined ? warnings : [...warnings, unreachable];
}
