import { requireMessageBlocks } from './blocks.js';
import type { Params } from './params.js';
import { Refusal } from './refusal.js';
import type { Content } from './shapes.js';

/** Slack cuts texts above 40 000 characters, and refuses those that it cannot. */
const LONGEST_TEXT = 40_000;

/** What `chat.*` and response_urls take as a message. */
export function contentOf(params: Params): Content {
  const blocks = params.list('blocks', 'invalid_blocks_format') ?? [];
  const text = params.text('text') ?? '';
  if (text === '' && blocks.length === 0) throw new Refusal('no_text');
  if (text.length > LONGEST_TEXT) throw new Refusal('msg_too_long');
  requireMessageBlocks(blocks);
  const parse = params.text('parse');
  const quiet = params.flag('unfurl_links') === false && params.flag('unfurl_media') === false;
  return {
    text,
    blocks,
    linkNames: params.flag('link_names') === true || parse === 'full',
    autoLinks: parse !== 'none',
    mrkdwn: params.flag('mrkdwn') !== false,
    unfurl: !quiet,
  };
}

export const plainContent = (text: string): Content => ({
  text,
  blocks: [],
  linkNames: false,
  autoLinks: true,
  mrkdwn: true,
  unfurl: true,
});
