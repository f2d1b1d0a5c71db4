// A process of its own: one gateway over a store that many people share, and how long one of them waits.
import { keeperOver, openKept } from './kept.js';
import { answerWith, built, median } from './measuring.js';

const { createApp } = await import(built('app/app.js'));
const { parseConfig } = await import(built('gateway/config.js'));

const READS = 5_000;

function settingsFor({ folder, servers, port, asking }) {
  const config = {
    storage: `file:${folder}`,
    access: { users: asking },
    // Nobody listens there.
    mcp_servers: Object.fromEntries(
      servers.map((name) => [name, { url: `http://127.0.0.1:${port}/mcp`, auth: 'oauth' }]),
    ),
  };
  const outcome = parseConfig(JSON.stringify(config), { file: 'bench', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings;
}

/** A chat platform that costs nothing. */
class Chat {
  platform = 'web';
  async start(gateway) {
    this.gateway = gateway;
  }
  async send() {
    this.answered();
    return { kind: 'delivered', message: { message: 1 } };
  }
  async update() {
    return { kind: 'delivered', message: { message: 1 } };
  }
  async stop() {}

  /** In ms, until the answer is in the chat. */
  async ask(userId) {
    const fromMs = performance.now();
    const answered = new Promise((resolve) => {
      this.answered = resolve;
    });
    const actor = { platform: 'web', userId, displayName: userId };
    void this.gateway.handle({ deliveryId: `${fromMs}`, actor, words: [], conversation: { userId } });
    await answered;
    return performance.now() - fromMs;
  }
}

async function tokenReads({ folder, servers, asking }) {
  const kept = await openKept(folder);
  const keeper = await keeperOver(kept, () => undefined);
  const firsts = [];
  for (const subject of asking) {
    const fromMs = performance.now();
    const outcome = await keeper.accessToken({ subject, server: servers[0] });
    firsts.push(performance.now() - fromMs);
    if (outcome.kind !== 'token') throw new Error(outcome.kind);
  }
  const key = { subject: asking[0], server: servers[0] };
  const again = [];
  for (let round = 0; round < 9; round += 1) {
    const fromMs = performance.now();
    for (let n = 0; n < READS; n += 1) await keeper.accessToken(key);
    again.push(((performance.now() - fromMs) * 1000) / READS);
  }
  await kept.close();
  return { firstReadMs: median(firsts), readUs: median(again) };
}

answerWith(async (question) => {
  const chat = new Chat();
  const settings = settingsFor(question);
  const fromMs = performance.now();
  const app = await createApp(settings, { adapters: [chat] });
  await app.start({ listeners: 'none' });
  const startMs = performance.now() - fromMs;
  const answers = [];
  for (const subject of question.asking) answers.push(await chat.ask(subject.replace('web:', '')));
  const reads = await tokenReads(question);
  await app.stop();
  return { startMs, answerMs: median(answers), ...reads };
});
