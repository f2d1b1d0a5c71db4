import { randomUUID } from 'node:crypto';
import type { Action, Actor, ChatGateway, ConversationRef, MessageRef, Reply } from '../../gateway/types.js';
import type { Buttons } from './buttons.js';
import { readLine } from './read.js';

/** What a typed line can reach. */
export interface Desk {
  readonly gateway: ChatGateway;
  readonly actor: Actor;
  readonly conversation: ConversationRef;
  readonly buttons: Buttons;
  refOf(message: number): MessageRef;
  /** The terminal's own word, for what no command answers. */
  say(sentence: string): void;
  /** True: a browser was asked to open it. */
  open(url: string): boolean;
  fill(form: Extract<Action, { kind: 'form' }>): Promise<Readonly<Record<string, string>> | undefined>;
  leave(): void;
}

const HINT = 'Type /mcp to see your MCP servers, /mcp help for all commands.';

/** Deals with one line to completion: a command, the number of a button, or a word to the terminal itself. */
export async function deal(line: string, desk: Desk): Promise<void> {
  const typed = readLine(line);
  switch (typed.kind) {
    case 'command':
      return run(desk, { words: typed.words });
    case 'press':
      return press(typed.number, desk);
    case 'leave':
      return desk.leave();
    case 'other':
      return desk.say(HINT);
    case 'nothing':
  }
}

type Asked = {
  readonly words: readonly string[];
  readonly fields?: Readonly<Record<string, string>>;
  readonly message?: MessageRef;
};

function run({ gateway, actor, conversation }: Desk, asked: Asked): Promise<void> {
  return gateway.handle({ deliveryId: randomUUID(), actor, conversation, ...asked });
}

async function press(number: number, desk: Desk): Promise<void> {
  const button = desk.buttons.find(number);
  if (button === undefined) return desk.say(`There is no button ${number} any more. ${HINT}`);
  const { action } = button;
  const message = desk.refOf(button.message);
  if (action.kind === 'link') {
    if (!desk.open(action.url)) desk.say(`Open this address in a browser: ${action.url}`);
    return;
  }
  if (action.kind === 'command') return run(desk, { words: action.words, message });
  const fields = await desk.fill(action);
  if (fields === undefined) return desk.say('Cancelled: nothing was sent.');
  return run(desk, { words: action.words, fields, message });
}

/** The terminal's own word as a message like any other. */
export function remark(sentence: string): Reply {
  return { title: '', lines: [{ cells: [sentence] }], actions: [] };
}
