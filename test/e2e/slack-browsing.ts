import type { Page } from 'playwright-core';

/** Where the last page's way back leads. */
export async function backToSlack(page: Page): Promise<string | null> {
  return page.getByRole('link', { name: 'Back to Slack' }).getAttribute('href');
}
