import type { ChatledgerClient } from '@chatledger/client';
import type { Locator, Page, Route } from 'playwright-core';

export async function signIn(page: Page, origin: string, userId: string): Promise<void> {
  await page.goto(origin);
  const signOut = page.getByRole('button', { name: 'Sign out' });
  const name = page.getByLabel('User name');
  await signOut.or(name).waitFor();
  if (await signOut.isVisible()) await signOut.click();
  await name.fill(userId);
  await name.press('Enter');
}

/** Sends a message as somebody does who writes one. */
export async function write(page: Page, text: string): Promise<void> {
  const box = page.getByLabel('Message', { exact: true });
  await box.fill(text);
  await box.press('Enter');
}

/** Comes between the page and the server when the page sends this operation for the first time from now on. */
export async function onFirst(
  operation: string,
  page: Page,
  intervene: (route: Route) => Promise<void>,
): Promise<void> {
  let isFirst = true;
  const handle = async (route: Route): Promise<void> => {
    const isMeant = route.request().postData()?.includes(` ${operation}(`) === true;
    if (!isMeant || !isFirst) return route.fallback();
    isFirst = false;
    await intervene(route);
    await page.unroute('**/graphql', handle);
  };
  await page.route('**/graphql', handle);
}

export const live = (pane: Locator): Locator => pane.locator('[data-connection="live"]');

/** What scrolls the messages, in the page. */
export const messages = `document.querySelector('.messages .scroller')`;

/**
 * Scrolls up until there is no more to read, and down and up a little in each moment when messages come in. Compares in
 * each frame as it is painted whether a message stands where it was scrolled to. Gives the greatest difference in pixels.
 */
export const scrollToTheBeginning = `new Promise((resolve) => {
  const view = ${messages};
  const item = view.querySelector('[data-id]');
  let worst = 0;
  let expected;
  const arrivals = new MutationObserver(() => {
    view.scrollTop += 10;
    view.scrollTop -= 10;
  });
  const frames = new IntersectionObserver(([{ boundingClientRect: { top } }]) => {
    frames.disconnect();
    if (expected !== undefined) worst = Math.max(worst, Math.abs(top - expected));
    if (view.scrollTop === 0 && view.innerText.includes('The beginning')) {
      arrivals.disconnect();
      return resolve(worst);
    }
    const before = view.scrollTop;
    view.scrollTop -= 400;
    expected = top + before - view.scrollTop;
    frames.observe(item);
  });
  arrivals.observe(view.querySelector('ol'), { childList: true });
  frames.observe(item);
})`;

export async function showEnd(page: Page, scroller: string): Promise<void> {
  await page.evaluate(`document.querySelector('${scroller}').scrollTop = 1e6`);
}

export function distanceFromEnd(page: Page): Promise<number> {
  return page.evaluate<number>(`${messages}.scrollHeight - ${messages}.scrollTop - ${messages}.clientHeight`);
}

/** Where something begins, in pixels from the top of the window. */
export async function topOf(element: Locator): Promise<number> {
  return (await element.boundingBox())?.y ?? NaN;
}

/** The ids of the messages that are shown, from top to bottom. */
export function shownIds(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `[...document.querySelectorAll('[data-id]')].map((item) => item.dataset.id)`,
  );
}

/** The ids of the messages that are stored, in order of sequence. */
export async function idsOf(client: ChatledgerClient, sessionId: string): Promise<string[]> {
  const ids = [];
  for await (const { id } of client.messages.all({ sessionId })) ids.push(id);
  return ids;
}
