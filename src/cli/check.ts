import { type Look, renderReply } from '../adapters/terminal/render.js';
import { createApp } from '../app/app.js';
import { createPeople } from '../gateway/access/people.js';
import type { Reply } from '../gateway/types.js';
import { lineFinder } from './config-lines.js';
import { readConfig } from './configured.js';
import { asFolderOwner } from './folder-owner.js';
import { checkPlatforms, platformReply } from './platform-check.js';
import { checkReply, checkServer } from './server-check.js';
import { colours, quietLog, say, userName } from './terminal.js';

/** Validates the config, reaches every server with what is stored for this person, and the chat platforms; says what to do. */
export async function check(options: { readonly config?: string; readonly as?: string }): Promise<number> {
  const { settings, file = '', notes } = await readConfig(options.config);
  for (const note of notes) say(note);
  const userId = options.as ?? userName();
  const where = await lineFinder(file);
  // What is this user's own was looked at before.
  const app = await createApp({ ...asFolderOwner(settings), platforms: {} }, { log: quietLog({ settings }) });
  try {
    const subject = createPeople(settings).subjectOf({ platform: 'terminal', userId, displayName: userId });
    const [servers, platforms] = await Promise.all([
      Promise.all(settings.servers.map((server) => checkServer(server, subject, app.connections))),
      checkPlatforms(settings),
    ]);
    const { columns } = process.stdout;
    const look = {
      colour: colours(),
      button: () => '',
      ...(columns === undefined ? {} : { width: columns }),
    };
    show(checkReply(file, servers, where), look);
    for (const platform of platforms) {
      process.stdout.write('\n');
      show(platformReply(platform, where), look);
    }
    return [...servers, ...platforms.flatMap(({ findings }) => findings)].some(
      ({ mark }) => mark === 'failed',
    )
      ? 1
      : 0;
  } finally {
    await app.stop();
  }
}

function show(reply: Reply, look: Look): void {
  process.stdout.write(`${renderReply(reply, look).join('\n')}\n`);
}
