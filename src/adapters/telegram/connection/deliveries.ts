import type { WebhookInfo } from 'grammy/types';
import { plainText } from '../../common/text.js';

/** Whether what Telegram delivers to a webhook gets here. */
export interface Deliveries {
  /** An update of Telegram's came in. */
  arrived(): void;
  /** A sentence, if nothing came since the last look, and Telegram keeps what it failed to deliver. */
  trouble(info: WebhookInfo): string | undefined;
}

/** Telegram remembers the last error even when later deliveries went well: only a new one counts, while updates wait. */
export function createDeliveries(): Deliveries {
  let hasArrived = false;
  let isTroubled = false;
  let seenAtSeconds: number | undefined;
  return {
    arrived() {
      hasArrived = true;
    },
    trouble({ pending_update_count: waiting, last_error_date: atSeconds, last_error_message: message }) {
      const isNew = atSeconds !== undefined && (isTroubled || atSeconds !== seenAtSeconds);
      isTroubled = isNew && waiting > 0 && !hasArrived;
      hasArrived = false;
      seenAtSeconds = atSeconds;
      return isTroubled ? `Telegram cannot deliver: ${deliveryError(message)}` : undefined;
    },
  };
}

/** What Telegram says of a failed delivery, on one line, and without the path of the webhook. */
export function deliveryError(message = 'no reason given'): string {
  return plainText(withoutPaths(message), 160);
}

/** The path of a webhook is what keeps others from finding it. */
export function originOf(url: string): string {
  return URL.canParse(url) ? plainText(new URL(url).origin, 120) : 'an address that is none';
}

function withoutPaths(text: string): string {
  return text.replaceAll(/https?:\/\/\S+/gi, originOf);
}
