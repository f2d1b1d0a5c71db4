import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

const STYLE = `
:root { color-scheme: light dark; --ground: #f4f1ea; --card: #fffdf8; --ink: #23201a; --soft: #6d675c; --line: #ddd6c8; --accent: #8a4b14; --on-accent: #fff; }
@media (prefers-color-scheme: dark) { :root { --ground: #1b1916; --card: #26231f; --ink: #f1ece2; --soft: #a8a194; --line: #3b3731; --accent: #e2a15f; --on-accent: #1b1916; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; padding: 16px; }
main { width: 100%; max-width: 380px; background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 28px; }
header { color: var(--soft); font-size: 13px; letter-spacing: .02em; margin-bottom: 18px; }
h1 { font-size: 21px; line-height: 1.3; margin: 0 0 14px; }
p, li { color: var(--soft); } ul { padding-left: 20px; }
label { display: block; font-size: 14px; margin: 14px 0 4px; }
input, select { width: 100%; font: inherit; padding: 10px 12px; border: 1px solid var(--soft); border-radius: 9px; background: transparent; color: inherit; }
option { color: #23201a; }
button { width: 100%; margin-top: 18px; font: inherit; font-weight: 600; padding: 12px; border-radius: 9px; border: 1px solid var(--accent); background: var(--accent); color: var(--on-accent); cursor: pointer; }
button.quiet { background: transparent; color: var(--ink); border-color: var(--line); margin-top: 10px; }
button.plain { background: none; border: 0; color: var(--soft); font-weight: 400; font-size: 14px; text-decoration: underline; padding: 4px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.problem { color: #b3261e; } @media (prefers-color-scheme: dark) { .problem { color: #ff9b92; } }
`;

function page(title: string, content: Html): string {
  return String(html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${STYLE}</style></head>
<body><main><header>Demo provider · runs on this machine only</header>${content}</main></body></html>`);
}

export function loginPage(facts: {
  readonly id: string;
  readonly people: readonly string[];
  readonly password: string;
  readonly wrongPassword: boolean;
}): string {
  return page(
    'Log in · Demo provider',
    html`<h1>Log in to the demo provider</h1>
${facts.wrongPassword ? html`<p class="problem" role="alert">That name and password do not match.</p>` : ''}
<form method="post" action="/interaction/${facts.id}/login">
<label for="login">Name</label>
<select id="login" name="login">${facts.people.map((name) => html`<option value="${name}">${name}</option>`)}</select>
<label for="password">Password</label>
<input id="password" name="password" type="password" value="${facts.password}" autocomplete="off">
<button type="submit">Log in</button>
</form>
<p>It is a demo: everyone’s password is “${facts.password}”, filled in already.</p>`,
  );
}

export function consentPage(facts: {
  readonly id: string;
  readonly login: string;
  readonly client: string;
  readonly resource: string;
  readonly scopes: readonly string[];
}): string {
  return page(
    'Allow access · Demo provider',
    html`<h1>Allow ${facts.client} to use your account?</h1>
<p>You are logged in as <strong>${facts.login}</strong>. It asks for access to ${facts.resource}:</p>
<ul>${facts.scopes.map((scope) => html`<li>${scope}</li>`)}</ul>
<form method="post" action="/interaction/${facts.id}/consent">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" class="quiet">Decline</button>
</form>
<form method="post" action="/interaction/${facts.id}/logout"><button type="submit" class="plain">Not ${facts.login}? Log in as someone else</button></form>`,
  );
}

export function gonePage(): string {
  return page(
    'Nothing here · Demo provider',
    html`<h1>This page is no longer valid</h1><p>Start the sign-in again from the chat.</p>`,
  );
}
