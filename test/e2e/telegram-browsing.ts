import type { BrowserContext, Page } from 'playwright-core';

/** Opens a link of the chat, and gives the connect page behind it. */
export async function openConnect(browser: BrowserContext, link: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(link);
  return page;
}

/** From the connect page, by its one button, to the provider's login. */
export async function goOn(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Continue to/ }).click();
  await page.locator('input[name=login]').waitFor();
}

/** Login and consent at the provider. Afterwards the browser is back at the gateway. */
export async function agree(page: Page, login = 'ana'): Promise<void> {
  await page.fill('input[name=login]', login);
  await page.fill('input[name=password]', 'any');
  await page.click('button[type=submit]');
  await page.waitForURL(/interaction/);
  await page.locator('button[type=submit]', { hasText: /continue/i }).click();
  await page.waitForURL(/\/oauth\/callback/);
}

/** The whole way, from the link in the chat to the last page. */
export async function signIn(browser: BrowserContext, link: string, login?: string): Promise<Page> {
  const page = await openConnect(browser, link);
  await goOn(page);
  await agree(page, login);
  return page;
}

/** Where the last page's way back leads. */
export async function wayBack(page: Page): Promise<string | null> {
  return page.getByRole('link', { name: 'Back to Telegram' }).getAttribute('href');
}
