import { isOwnAddress } from '../../common/platform-address.js';

/** GovSlack has a domain of its own (docs.slack.dev/govslack). */
const DOMAINS = ['slack.com', 'slack-gov.com'];

/** Whether an address that came from Slack, or as if from Slack, is Slack's. */
export function isSlackAddress(address: string, secure: 'https:' | 'wss:', apiRoot: string): boolean {
  return isOwnAddress(address, secure, { apiRoot, domains: DOMAINS });
}
