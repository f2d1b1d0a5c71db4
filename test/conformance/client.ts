import { gatewayFolder } from '../helpers/gateway-folder.js';
import { type ChatLine, linkIn } from '../helpers/program.js';
import { browse } from './browser.js';
import { Conversation } from './chat.js';
import { configFor } from './client-config.js';

/** Whoever presses a button more often than this is asked for ever. */
const MOST_PRESSES = 8;
const SERVER = 'conformance';

const hasLink = (line: ChatLine): boolean => line.actions.some(({ kind }) => kind === 'link');

/** The words of a button that leads to a sign-in. */
function signInButton(line: ChatLine): string | undefined {
  return line.actions
    .find(({ kind, words }) => kind === 'command' && words?.[0] === 'auth')
    ?.words?.join(' ');
}

const works = (line: ChatLine): boolean => line.lines.some(({ mark }) => mark === 'ok');

/** The first tool of `/mcp tools`. */
function firstTool(line: ChatLine): string | undefined {
  return line.lines.find(({ cells }) => cells.length > 1)?.cells[0];
}

/** Signs in, and goes on pressing what the gateway offers until it is content or offers nothing. */
async function signIn(chat: Conversation, words: string): Promise<boolean> {
  let line = await chat.say(words);
  for (let presses = 0; presses < MOST_PRESSES; presses += 1) {
    if (hasLink(line)) {
      const status = await browse(linkIn(line));
      process.stderr.write(`the browser's last page: ${status}\n`);
      if (status >= 400) {
        await chat.say(`cancel ${SERVER}`);
        return false;
      }
      line = await chat.news(line);
    }
    const more = signInButton(line);
    if (more === undefined) return works(line);
    line = await chat.say(more);
  }
  return false;
}

/** Says it, signing in for as long as that is what it takes. */
async function use(chat: Conversation, words: string): Promise<ChatLine | undefined> {
  for (let tries = 0; tries < MOST_PRESSES; tries += 1) {
    const line = await chat.say(words);
    if (works(line)) return line;
    const more = signInButton(line);
    if (more === undefined || !(await signIn(chat, more))) return undefined;
  }
  return undefined;
}

/** What a person does with a new server: signs in, tests it, looks at its tools, has one called. */
async function goThrough(chat: Conversation): Promise<boolean> {
  if (!(await signIn(chat, `auth ${SERVER}`))) return false;
  if ((await use(chat, `test ${SERVER}`)) === undefined) return false;
  const tool = firstTool(await chat.say(`tools ${SERVER}`));
  return tool === undefined || (await use(chat, `test ${SERVER} ${tool}`)) !== undefined;
}

const folder = await gatewayFolder(configFor(SERVER, process.argv.at(-1) ?? '', process.env));
const chat = new Conversation(folder.config);
try {
  process.exitCode = (await goThrough(chat)) ? 0 : 1;
} finally {
  await chat.leave();
  await folder.remove();
}
