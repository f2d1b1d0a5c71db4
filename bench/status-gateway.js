// A process of its own: one gateway, started anew for each measurement, with a chat that notes when it is told what.
import { setTimeout as sleep } from 'node:timers/promises';
import { answerWith, built } from './measuring.js';

const { createApp } = await import(built('app/app.js'));
const { parseConfig } = await import(built('gateway/config.js'));

const ASK_EVERY_MS = 100;

function settingsFor({ urls, seconds, folder }) {
  const servers = urls.map((url, index) => [
    `server-${index}`,
    { url, connect_timeout: seconds, timeout: seconds },
  ]);
  const config = {
    storage: `file:${folder}`,
    access: { admins: ['web:ana', 'web:ben'] },
    mcp_servers: Object.fromEntries(servers),
  };
  const outcome = parseConfig(JSON.stringify(config), { file: 'bench', environment: {} });
  if (outcome.kind === 'mistakes') throw new Error(JSON.stringify(outcome.mistakes));
  return outcome.settings;
}

/** A chat platform that costs nothing. */
class Chat {
  platform = 'web';
  heard = [];
  #gateway;
  #told = () => {};
  #messages = 0;

  async start(gateway) {
    this.#gateway = gateway;
  }
  async send(to, reply) {
    this.#messages += 1;
    return this.#note({ message: this.#messages, to: to.actor.userId, reply });
  }
  async update({ message }, reply) {
    return this.#note({ message, reply });
  }
  async stop() {}

  #note(said) {
    this.heard.push({ ...said, atMs: performance.now() });
    this.#told();
    return { kind: 'delivered', message: { message: said.message } };
  }

  /** Types a command: how long until its answer is in the chat, and the message that holds it. */
  async ask(userId, ...words) {
    const fromMs = performance.now();
    const before = this.heard.length;
    const actor = { platform: 'web', userId, displayName: userId };
    await this.#gateway.handle({ deliveryId: `${fromMs}`, actor, words, conversation: { userId } });
    const answer = this.heard.slice(before).find((said) => said.to === userId);
    return { fromMs, tookMs: answer.atMs - fromMs, message: answer.message };
  }

  /** Resolves with what this message says once it says this, or with undefined when `over` is. */
  until(message, matches, over) {
    return new Promise((resolve) => {
      this.#told = () => {
        const found = this.heard.find((said) => said.message === message && matches(said.reply));
        if (found !== undefined) resolve(found);
      };
      this.#told();
      over.then(() => resolve(undefined));
    });
  }
}

/**
 * Somebody else asks for help all the while: the longest wait is how long anybody is kept by what the servers do. It
 * counts from when the question was due, so that a busy event loop counts as well.
 */
async function askMeanwhile(chat, over) {
  const waits = [];
  let ended = false;
  over.then(() => {
    ended = true;
  });
  for (let dueMs = performance.now() + ASK_EVERY_MS; !ended; dueMs = performance.now() + ASK_EVERY_MS) {
    await sleep(ASK_EVERY_MS);
    await chat.ask('ben', 'help');
    waits.push(performance.now() - dueMs);
  }
  return Math.max(...waits);
}

answerWith(async (question) => {
  const chat = new Chat();
  const app = await createApp(settingsFor(question), { adapters: [chat] });
  await app.start({ listeners: 'none' });
  const cpuBefore = process.cpuUsage();
  const cold = await chat.ask('ana');
  const cpu = process.cpuUsage(cpuBefore);
  const looked = app.gateway.settle();
  const ready = `${question.reachable} of `;
  const shown = chat.until(cold.message, (reply) => reply.aside.startsWith(ready), looked);
  const meanwhileMs = await askMeanwhile(chat, shown);
  const all = await shown;
  const edits = chat.heard.filter((said) => said.message === cold.message).length - 1;
  const warm = await chat.ask('ana');
  return {
    coldMs: cold.tookMs,
    coldCpuMs: (cpu.user + cpu.system) / 1000,
    warmMs: warm.tookMs,
    meanwhileMs,
    allShownMs: all === undefined ? undefined : all.atMs - cold.fromMs,
    edits,
  };
});
