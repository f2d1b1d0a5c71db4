import { readFile } from 'node:fs/promises';

/** A file of the page, as it is served. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** Whole names, each beside this module in `src` and in `dist`: no path from a request ever reaches the disk. */
const FILES = {
  'chat.css': new URL('./client/chat.css', import.meta.url),
  'chat.js': new URL('./client/chat.js', import.meta.url),
  'composer.js': new URL('./client/composer.js', import.meta.url),
  'connection.js': new URL('./client/connection.js', import.meta.url),
  'controls.css': new URL('./client/controls.css', import.meta.url),
  'conversation.js': new URL('./client/conversation.js', import.meta.url),
  'dom.js': new URL('./client/dom.js', import.meta.url),
  'form-dialog.js': new URL('./client/form-dialog.js', import.meta.url),
  'message-view.js': new URL('./client/message-view.js', import.meta.url),
  'messages.css': new URL('./client/messages.css', import.meta.url),
  'suggestions.js': new URL('./client/suggestions.js', import.meta.url),
};

async function asset([name, file]: [string, URL]): Promise<[string, Asset]> {
  const type = name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
  return [name, { type, body: await readFile(file, 'utf8') }];
}

/** The page's script and style, by name, read once. */
export async function readAssets(): Promise<ReadonlyMap<string, Asset>> {
  return new Map(await Promise.all(Object.entries(FILES).map(asset)));
}
