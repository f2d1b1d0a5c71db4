import type { ChatAdapter } from '../../gateway/types.js';
import type { SlackOptions } from './options.js';

/** An app of the gateway's own, by Socket Mode or signed HTTP. */
export function createSlackAdapter(_options: SlackOptions): ChatAdapter {
  throw new Error('Not built yet.');
}
