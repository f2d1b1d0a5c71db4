import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { html, raw } from 'hono/html';
import type { Markup } from './text.js';

const STYLE = readFileSync(new URL('./page.css', import.meta.url), 'utf8')
  .replaceAll(/\s+/g, ' ')
  .replaceAll(/ ?([{};,>]) ?/g, '$1')
  .replaceAll(': ', ':')
  .replaceAll(';}', '}')
  .trim();

/** Lets exactly this style sheet through (CSP Level 3 §8.3), in the page itself: one request a page, whatever path the gateway has. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

/** The only markup here that no template escaped: our own file, read at start-up, without data. */
const STYLE_MARKUP = raw(STYLE);

export interface Page {
  readonly title: string;
  readonly content: Markup;
}

/** The frame of every page: one landmark with one heading, no script, nothing fetched. */
export function document({ title, content }: Page): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${STYLE_MARKUP}</style>
</head>
<body>
<main>
${content}
</main>
<footer>MCP chat gateway</footer>
</body>
</html>
`;
}
