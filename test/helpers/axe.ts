import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [390, 1280].map((width) => ({ colorScheme, width })),
);

/** The rules whose answer depends on colours or on the width; the others are asked once. */
const OF_LOOKS = ['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable'];

/** What axe-core finds on the page as it is shown now: rule, help, element. */
async function violationsNow(page: Page, options: RunOptions): Promise<readonly string[]> {
  const asked = JSON.stringify({ resultTypes: ['violations'], ...options });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${asked})`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html}\n${failureSummary}`),
  );
}

/** All of axe-core's rules, its best practices too, in light and dark, on a phone and on a desk. */
export async function violations(page: Page): Promise<readonly string[]> {
  // No script of ours could do this on our pages: the debugger's door is not under their policy.
  await page.evaluate(axe.source);
  const found = [...(await violationsNow(page, {}))];
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 800 });
    const now = await violationsNow(page, { runOnly: { type: 'rule', values: OF_LOOKS } });
    found.push(...now.map((violation) => `${colorScheme} ${width}: ${violation}`));
  }
  return found;
}
