import { html } from 'hono/html';
import type { Page } from './layout.js';
import { toneMark } from './marks.js';
import type { Markup } from './text.js';

/** Pages that know no sign-in, and tell nothing about any. */
function plainPage(heading: string, happened: Markup, next: Markup): Page {
  return {
    title: heading,
    content: html`${toneMark('neutral')}
<h1>${heading}</h1>
<p class="lead">${happened}</p>
<p>${next}</p>`,
  };
}

const newLink = html`Type <code>/mcp auth</code> in your chat for a new link.`;

export const notFoundPage = plainPage(
  'Nothing here',
  html`The link was cut short when it was copied, or it is too old.`,
  newLink,
);

export const badRequestPage = plainPage(
  'This does not belong to a sign-in here',
  html`Part of the address is missing, or it was changed on the way.`,
  newLink,
);

export const forbiddenPage = plainPage(
  'That was not sent from our page',
  html`Nothing was started, and the link still works.`,
  html`Open the link in your chat again, in an up-to-date browser, and press the button there.`,
);

export const methodPage = plainPage(
  'This page cannot be used that way',
  html`Nothing was started.`,
  html`Open the link in your chat with a browser.`,
);

export const tooLargePage = plainPage(
  'Too much was sent',
  html`It was more than any sign-in needs, so nothing of it was read.`,
  newLink,
);

export const tooOftenPage = plainPage(
  'Too many pages at once',
  html`Your network asked for many pages in a short time. Nothing that was begun is lost.`,
  html`Wait a minute, then load this page again.`,
);

export const tryLaterPage = plainPage(
  'The gateway could not do that just now',
  html`Nothing that was connected is lost.`,
  html`Wait a minute, then open the link in your chat again.`,
);
