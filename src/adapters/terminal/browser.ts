import { spawn } from 'node:child_process';

type Environment = Readonly<Record<string, string | undefined>>;

/** Whoever types sits elsewhere, and so does their browser. */
export function isRemote({ SSH_CONNECTION, SSH_TTY }: Environment): boolean {
  return Boolean(SSH_CONNECTION || SSH_TTY);
}

/** The program that opens an address in the browser of whoever sits here; undefined: nobody sits here. */
export function browserCommand(
  environment: Environment,
  platform: NodeJS.Platform,
): readonly [string, ...string[]] | undefined {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = environment;
  if (CI || isRemote(environment)) return undefined;
  if (platform === 'darwin') return ['open'];
  // `start` is a word of the shell, which would read `&` in an address as a command.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return DISPLAY || WAYLAND_DISPLAY ? ['xdg-open'] : undefined;
}

/** Opens web addresses and nothing else, without a shell; that it fails is no loss: the address is on the screen. */
export function createLinkOpener(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): ((url: string) => void) | undefined {
  const found = browserCommand(environment, platform);
  if (found === undefined) return undefined;
  const [command, ...before] = found;
  return (url) => {
    if (!isWebAddress(url)) return;
    const child = spawn(command, [...before, url], { stdio: 'ignore', detached: true });
    child.on('error', () => {});
    child.unref();
  };
}

function isWebAddress(url: string): boolean {
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol);
}
