import { type Finding, failed } from '../../common/finding.js';
import { type Installation, placeOf } from './check-installation.js';

/** What the tokens are worth together. */
export function tokensTogether(
  installations: readonly Installation[],
  appToken: string | undefined,
): readonly Finding[] {
  return [...twice(installations), ...apps(installations, appToken)];
}

function twice(installations: readonly Installation[]): readonly Finding[] {
  const doubled = installations.filter(
    ({ id }, index) => installations.findIndex((other) => other.id === id) < index,
  );
  return doubled.map((installation) =>
    failed(`two bot tokens lead to ${placeOf(installation)}`, 'Take one of the two out of `bot_token`.'),
  );
}

/** An app-level token has the app's id in it: `xapp-1-A0123456789-…`. */
function apps(installations: readonly Installation[], appToken: string | undefined): readonly Finding[] {
  const fromToken = /^xapp-\d+-(A[A-Z0-9]+)-/.exec(appToken ?? '')?.[1];
  const ids = [...installations.map(({ appId }) => appId), fromToken].filter((id) => id !== undefined);
  const different = [...new Set(ids)];
  if (different.length < 2) return [];
  return [
    failed(
      `the tokens are of different apps: ${different.join(', ')}`,
      'Take all of them from one app at api.slack.com/apps: what people do reaches the gateway through that one.',
    ),
  ];
}

/** Where the config lets the bot answer, against where it is. */
export function workspaceFindings(
  installations: readonly Installation[],
  workspaces: readonly string[] | undefined,
): readonly Finding[] {
  if (workspaces === undefined) return [];
  const named = ({ id, organisation }: Installation) =>
    [id, organisation].some((one) => one !== undefined && workspaces.includes(one));
  const single = installations.filter(({ orgWide }) => !orgWide);
  const silent = single.filter((installation) => !named(installation)).map(notNamed);
  // An organisation's token does not say which of its workspaces it is good for.
  if (single.length < installations.length) return silent;
  const missing = workspaces.filter(
    (id) => !single.some((installation) => installation.id === id || installation.organisation === id),
  );
  return [...silent, ...missing.map(withoutToken)];
}

function notNamed(installation: Installation): Finding {
  return {
    mark: 'attention',
    text: `${placeOf(installation)} is not in \`workspaces\`: the bot does not answer there`,
    remedy: `Add ${installation.id} to \`workspaces\`, or take its token out.`,
  };
}

function withoutToken(id: string): Finding {
  return {
    mark: 'attention',
    text: `no bot token leads to ${id}, which is in \`workspaces\``,
    remedy: `Install the app in ${id} and add its token to \`bot_token\`, or take it out of \`workspaces\`.`,
  };
}
