import { html } from 'hono/html';
import type { WebPerson } from './visitors.js';

type Html = ReturnType<typeof html>;

/** The mark of the gateway, for the tab: a plug within a speech bubble. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#4a46d8"/><path d="M12 8v5m8-5v5M9.500 13h13v3.500a6.500 6.500 0 0 1-13 0zM16 23v3" fill="none" stroke="#fff" stroke-width="2.400" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`;

const PLUG = html`<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true"><path d="M9 4v5m6-5v5M6.500 9h11v3a5.500 5.500 0 0 1-11 0zM12 17.500V21" /></svg>`;
const SEND = html`<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true"><path d="M12 19V5m-6.500 6.500L12 5l6.500 6.500" /></svg>`;

function option({ name, displayName, note }: WebPerson): Html {
  return html`<option value="${name}">${displayName ?? name}${note === undefined ? '' : ` · ${note}`}</option>`;
}

/** Who the visitor is: a choice of several, else a plain name that the script fills in. */
function who(people: readonly WebPerson[]): Html {
  if (people.length < 2)
    return html`<p class="who"><span class="initial" id="initial" aria-hidden="true"></span><span id="you"></span></p>`;
  return html`<label class="who pick">
<span class="initial" id="initial" aria-hidden="true"></span>
<span class="unseen">You are</span>
<select id="person" autocomplete="off">${people.map(option)}</select>
</label>`;
}

const EMPTY = html`<section class="empty" id="empty" aria-labelledby="empty-title">
<div class="emblem" aria-hidden="true">${PLUG}</div>
<h2 id="empty-title">Your MCP servers, from chat</h2>
<p>See which servers are ready, and sign in to those that are not. Type a command, or start with one of these.</p>
<ul class="chips" role="list">
<li><button type="button" class="chip" data-say="/mcp"><code>/mcp</code> <span>Show my servers</span></button></li>
<li><button type="button" class="chip" data-say="/mcp auth"><code>/mcp auth</code> <span>Sign in to them</span></button></li>
</ul>
</section>`;

const COMPOSER = html`<form class="composer" id="composer" autocomplete="off">
<ul class="suggestions" id="suggestions" role="listbox" aria-label="Suggestions" hidden></ul>
<label class="unseen" for="text">Command</label>
<input id="text" type="text" name="text" placeholder="Type /mcp" maxlength="4000" role="combobox" aria-expanded="false" aria-controls="suggestions" aria-autocomplete="list" aria-describedby="about" autocapitalize="none" autocorrect="off" spellcheck="false" enterkeyhint="send">
<button type="submit" class="send" aria-label="Send">${SEND}</button>
</form>`;

/** The page without anybody's data: that comes over the events, once the browser has shown its cookie. */
export function chatPage(people: readonly WebPerson[]): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>MCP chat</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/chat/chat.css">
<link rel="stylesheet" href="/chat/messages.css">
<link rel="stylesheet" href="/chat/controls.css">
<script type="module" src="/chat/chat.js"></script>
</head>
<body>
<a class="skip" href="#text">Skip to the command line</a>
<header class="bar">
<div class="brand"><span class="logo" aria-hidden="true">${PLUG}</span><h1>MCP chat</h1><span class="tag">Local</span></div>
${who(people)}
</header>
<p class="banner" id="banner" role="status" hidden></p>
<main id="scroller" tabindex="0">
${EMPTY}
<ol class="log" id="log" aria-label="Conversation"></ol>
<p class="working" id="working" hidden><span class="dots" aria-hidden="true"><i></i><i></i><i></i></span>Working…</p>
</main>
<footer class="foot">
<button type="button" class="latest" id="latest" hidden>New messages ↓</button>
<p class="trouble" id="trouble" role="alert" hidden></p>
${COMPOSER}
<p class="about" id="about">Local chat in one process. It forgets its messages when it stops.</p>
</footer>
<dialog class="ask" id="ask" aria-labelledby="ask-title"></dialog>
<p class="unseen" id="announcer" role="status" aria-live="polite"></p>
<noscript><p class="banner">This chat needs JavaScript. The terminal chat does not: <code>mcp-chat-gateway chat</code>.</p></noscript>
</body>
</html>`;
}
