import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** @default the one that runs the tests */
  readonly node?: string;
}

/** The program as it ships: `dist`, in a process of its own. */
export class Program {
  readonly child: ChildProcess;
  /** All that it wrote so far. */
  out = '';
  err = '';
  readonly #heard = new Set<() => void>();
  readonly ended: Promise<number | null>;

  constructor(args: readonly string[], { cwd, env = {}, node = process.execPath }: ProgramOptions = {}) {
    if (!existsSync(BIN)) throw new Error('dist is missing: npm run build');
    this.child = spawn(node, [BIN, ...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
      this.#tell();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
      this.#tell();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => {
        resolve(code);
        this.#tell();
      });
    });
  }

  #tell(): void {
    for (const heard of this.#heard) heard();
  }

  type(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  endInput(): void {
    this.child.stdin?.end();
  }

  /** Waits until `look` finds something in what the program said. Fails with all of it after 45 s, or when it ended. */
  until<T>(look: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#heard.delete(hear);
        clearTimeout(limit);
        settle();
      };
      const fail = (why: string) => () =>
        reject(new Error(`${why} before ${what}.\n--- out\n${this.out}\n--- err\n${this.err}`));
      const hear = () => {
        const found = look();
        if (found !== undefined) done(() => resolve(found));
        else if (this.child.exitCode !== null || this.child.signalCode !== null) done(fail('ended'));
      };
      const limit = setTimeout(() => done(fail('45 s went by')), 45_000);
      this.#heard.add(hear);
      hear();
    });
  }

  untilSays(text: string | RegExp): Promise<true> {
    const says = () => (typeof text === 'string' ? this.out.includes(text) : text.test(this.out));
    return this.until(() => (says() ? true : undefined), `"${text}"`);
  }

  /** As Ctrl-C does. */
  async stop(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGINT');
    return await this.ended;
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

export interface ChatLine {
  readonly type: 'reply' | 'update';
  readonly ref: unknown;
  readonly title: string;
  readonly aside?: string;
  readonly lines: readonly { readonly mark?: string; readonly cells: readonly string[] }[];
  readonly actions: readonly {
    readonly kind: 'link' | 'command' | 'form';
    readonly label: string;
    readonly url?: string;
    readonly words?: readonly string[];
  }[];
}

/** `chat --json`, piped: each line typed and each reply or update read. */
export class PipedChat extends Program {
  constructor(config: string, as: string, more: readonly string[] = [], options: ProgramOptions = {}) {
    super(['chat', '--config', config, '--as', as, '--json', ...more], options);
  }

  said(): readonly ChatLine[] {
    return this.out
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ChatLine);
  }

  /** The first line, from `from` on, in which `matches` holds. */
  untilLine(matches: (line: ChatLine) => boolean, what: string, from = 0): Promise<ChatLine> {
    return this.until(() => this.said().slice(from).find(matches), what);
  }

  /** Types a command and waits for the next line that has this text in a title or cell. */
  async ask(command: string, text: string | RegExp): Promise<ChatLine> {
    const from = this.said().length;
    this.type(command);
    return await this.untilLine((line) => hasText(line, text), `"${text}" after ${command}`, from);
  }
}

export function textOf(line: ChatLine): string {
  return [line.title, line.aside ?? '', ...line.lines.map(({ cells }) => cells.join(' '))].join('\n');
}

export function hasText(line: ChatLine, text: string | RegExp): boolean {
  return typeof text === 'string' ? textOf(line).includes(text) : text.test(textOf(line));
}

export function linkIn(line: ChatLine): string {
  const url = line.actions.find(({ kind }) => kind === 'link')?.url;
  if (url === undefined) throw new Error(`no link in ${JSON.stringify(line)}`);
  return url;
}
