import type { Readable, Writable } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Buttons } from './buttons.js';
import { type Display, jsonDisplay, type LookOf, lastStateDisplay, pipedDisplay } from './display.js';
import { createScreen, type Screen } from './screen.js';

/** The ends that the terminal chat was given. */
export interface Ends {
  /** Lines to deal with, or the words of the one command that there is. */
  readonly input: Readable | { readonly words: readonly string[] };
  readonly output: Writable;
  /** Each reply or update as one JSON line, instead of text for people. */
  readonly json?: boolean;
  readonly colour?: boolean;
  /** A terminal that cannot move its cursor (`TERM=dumb`) gets lines, like a pipe. */
  readonly dumb?: boolean;
}

/** Where messages are shown, and whether somebody sits at a keyboard there. */
export interface Place {
  readonly display: Display;
  readonly keyboard?: { readonly input: ReadStream; readonly output: WriteStream; readonly screen: Screen };
  /** A person is watching: a browser that opens is no surprise. */
  readonly watched: boolean;
}

export function placeOf({ input, output, json, dumb, colour = false }: Ends, buttons: Buttons): Place {
  const chat: LookOf = (message) => ({
    colour,
    button: (action) => `[${buttons.numberOf(message, action)}]`,
  });
  const shell: LookOf = () => ({ colour, button: () => '→', spellsCommands: true });
  if (json === true) return { display: jsonDisplay(output), watched: false };
  if ('words' in input)
    return dumb !== true && isScreen(output)
      ? { display: createScreen(output, shell), watched: true }
      : { display: lastStateDisplay(output, shell), watched: false };
  if (dumb === true || !isScreen(output) || !isKeyboard(input))
    return { display: pipedDisplay(output, chat), watched: false };
  const screen = createScreen(output, chat);
  return { display: screen, keyboard: { input, output, screen }, watched: true };
}

function isScreen(output: Writable): output is WriteStream {
  return 'isTTY' in output && output.isTTY === true;
}

function isKeyboard(input: Readable): input is ReadStream {
  return 'isTTY' in input && input.isTTY === true;
}
