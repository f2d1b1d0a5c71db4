import { type Finding, failed } from '../../common/finding.js';
import { integerOf, membersOf, textOf } from '../../common/payload.js';
import { plainText } from '../../common/text.js';

interface Receiving {
  readonly mode: 'gateway' | 'http';
  readonly publicUrl?: string;
}

const PORTAL = 'discord.com/developers/applications → your application';
const URL_PLACE = `${PORTAL} → General Information → Interactions Endpoint URL`;

export function applicationFindings(
  me: unknown,
  application: unknown,
  receiving: Receiving,
): readonly Finding[] {
  const { name, bot_require_code_grant: codeGrant, flags, bot_public: isPublic } = membersOf(application);
  const { username } = membersOf(me);
  const bot = plainText(textOf(username) ?? '', 64);
  return [
    { mark: 'ok', text: `${bot} (${plainText(textOf(name) ?? '', 64)}) answers` },
    ...receivingFindings(textOf(membersOf(application).interactions_endpoint_url) ?? '', receiving),
    intents(integerOf(flags) ?? 0),
    ...(codeGrant === true ? [NEEDS_CODE] : []),
    isPublic === false ? OWNER_ADDS : ANYBODY_ADDS,
  ];
}

const NEEDS_CODE = failed(
  'the bot cannot be added to a server: it requires a code grant',
  `${PORTAL} → Bot → Requires OAuth2 Code Grant: off.`,
);

const OWNER_ADDS: Finding = { mark: 'neutral', text: 'only its owner can add it to servers' };

const ANYBODY_ADDS: Finding = {
  mark: 'neutral',
  text: 'whoever knows it can add it to servers of their own; who may use it is for `access` to say',
};

/** One of the two ways: where there is an address, nothing comes over the Gateway. */
function receivingFindings(url: string, { mode, publicUrl = '' }: Receiving): readonly Finding[] {
  const own = `${publicUrl}/webhooks/discord`;
  if (mode === 'gateway') {
    if (url === '') return [{ mark: 'ok', text: 'what people do comes over the Gateway' }];
    const remedy = `${URL_PLACE}: take it out, or write \`mode: http\`.`;
    return [failed(`what people do is sent to ${originOf(url)}, not over the Gateway`, remedy)];
  }
  if (url === own) return [{ mark: 'ok', text: `what people do is sent to ${own}` }];
  const remedy = `Start the gateway, then ${URL_PLACE}: ${own} (saving it fails until the gateway answers there).`;
  if (url === '')
    return [failed('what people do is sent nowhere: there is no Interactions Endpoint URL', remedy)];
  return [failed(`what people do is sent to ${originOf(url)}, not to this gateway`, remedy)];
}

/** The flags of applications in few and in many servers alike (discord.com/developers, "Application Flags"). */
const PRIVILEGED: readonly (readonly [name: string, bits: number])[] = [
  ['Presence', (1 << 12) | (1 << 13)],
  ['Server Members', (1 << 14) | (1 << 15)],
  ['Message Content', (1 << 18) | (1 << 19)],
];

function intents(flags: number): Finding {
  const on = PRIVILEGED.filter(([, bits]) => (flags & bits) !== 0).map(([name]) => name);
  if (on.length === 0) return { mark: 'ok', text: 'no privileged intent is switched on, and none is needed' };
  return {
    mark: 'neutral',
    text: `privileged intents are switched on (${on.join(', ')}): the gateway needs none, and uses none`,
  };
}

/** Another program's address may hold a secret in its path. */
function originOf(url: string): string {
  return URL.canParse(url) ? plainText(new URL(url).origin, 120) : 'an address that is none';
}
