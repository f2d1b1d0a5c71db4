import type { ChatAdapter } from '../../gateway/types.js';
import type { SlackMountOptions } from './host.js';

/** The gateway inside a host's Bolt app. */
export function mountSlack(_options: SlackMountOptions): ChatAdapter {
  throw new Error('Not built yet.');
}
