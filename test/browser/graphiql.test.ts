import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { examples } from '../../src/http/graphiql/examples/examples.js';
import { appended, createSession, fromUser } from '../support/ledger.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { describeInBrowser, launchBrowser, type Browser } from './browser.js';

const secret = 'a secret of thirty-two characters or more';

describeInBrowser('GraphiQL, with no network but the server', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    app = await startTestApp();
    browser = await launchBrowser(app.origin);
    page = await browser.open();
  });
  afterAll(async () => {
    await app.close();
    await browser.close();
  });

  test('opens with the examples, which show their data when they are run', async () => {
    await openGraphiQL(page, app.url);
    expect(await page.getByRole('tab').count()).toBe(examples.length);
    await browser.screenshot(page, 'graphiql-opened');
    await reloadsAsItIs(page, 'WhoAmI');

    await runTab(page, 'CreateSession');
    await shows(page, '"title": "Weather"');
    await runTab(page, 'AppendOne');
    await shows(page, '"content": "Will it rain in Zurich today?"');
    await runTab(page, 'ListSessions');
    await shows(page, '"messageCount": 1');
    await browser.screenshot(page, 'graphiql-list');
    const { rows } = await app.database.sql.query('SELECT "userId", "messageCount" FROM "ChatSession"');
    expect(rows).toEqual([{ userId: 'alice', messageCount: 1 }]);
  });

  test('shows what happens while it is looking', async () => {
    const { rows } = await app.database.sql.query<{ id: string }>('SELECT id FROM "ChatSession"');
    await runTab(page, 'FollowSession');
    await shows(page, '"__typename": "ChatSessionCaughtUp"');
    const content = 'It does rain.';
    await appended(app.as('alice'), rows[0]?.id ?? '', fromUser(content));
    await shows(page, content);
    await browser.screenshot(page, 'graphiql-live');
    await page.getByRole('button', { name: /^Stop query/ }).click();

    await runTab(page, 'FollowList');
    await shows(page, '"__typename": "UserChatSessionsCaughtUp"');
    const { id } = await createSession(app.as('alice'));
    await shows(page, id);
    await page.getByRole('button', { name: /^Stop query/ }).click();
  });

  test('explains the API beside it', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await page.getByRole('link', { name: 'Query', exact: true }).click();
    await page.getByText('Operations that read data.').waitFor();
    await browser.screenshot(page, 'graphiql-documentation');
  });

  test('comes out of the cache the next time, with its tabs as they were', async () => {
    const seen = app.log.length;
    const loads = () =>
      app.log.slice(seen).flatMap(({ method, path, status }) => (method === 'GET' ? [[path, status]] : []));
    await reloadsAsItIs(page, 'FollowList');
    // The address has changed with the query in it, so this one page, which is small, is a new one.
    expect(loads()).toEqual([['/graphql', 200]]);
    await reloadsAsItIs(page, 'FollowList');
    expect(loads()).toEqual([
      ['/graphql', 200],
      ['/graphql', 304],
    ]);
    await runTab(page, 'WhoAmI');
    await shows(page, '"userId": "alice"');
  });

  test('asked nothing of anybody else, and had nothing to complain of', () => {
    const asked = browser.responses.map((response) => response.request());
    const operations = asked.filter((request) => request.resourceType() === 'fetch');
    // In addresses they would be noted along the way.
    expect(new Set(operations.map((request) => request.method()))).toEqual(new Set(['POST']));
    expect(browser.strayRequests).toEqual([]);
    expect(browser.complaints).toEqual([]);
  });
});

describeInBrowser('GraphiQL, where tokens are asked for', () => {
  let app: TestApp;
  let browser: Browser;
  beforeAll(async () => {
    app = await startTestApp({ AUTH_JWT_SECRET: secret });
    browser = await launchBrowser(app.origin);
  });
  afterAll(async () => {
    await app.close();
    await browser.close();
  });

  test('has a place for the token, and uses it in all tabs, and forgets it', async () => {
    const page = await browser.open();
    await openGraphiQL(page, app.url);
    await reloadsAsItIs(page, 'WhoAmI');
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await shows(page, 'Say who you are');
    await browser.screenshot(page, 'graphiql-token');

    const token = await new SignJWT({ sub: 'carol' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));
    await page.locator('.graphiql-editor-tool .view-line', { hasText: 'YOUR_TOKEN' }).click();
    for (const key of ['End', 'ArrowLeft', 'Control+Shift+ArrowLeft']) await page.keyboard.press(key);
    await page.keyboard.insertText(token);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await shows(page, '"userId": "carol"');
    await runTab(page, 'CreateSession');
    await shows(page, '"userId": "carol"');
    await runTab(page, 'FollowSession');
    await shows(page, '"__typename": "ChatSessionCaughtUp"');

    const kept = await page.evaluate(() => JSON.stringify([localStorage, sessionStorage]));
    expect(kept).toContain('CreateSession');
    expect(kept).not.toContain(token);
    await reloadsAsItIs(page, 'FollowSession');
    await runTab(page, 'ListSessions');
    await shows(page, 'Say who you are');
    expect(browser.strayRequests).toEqual([]);
  });
});

/** Opens the page, and waits until its editor is there. */
async function openGraphiQL(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('.graphiql-query-editor .view-line', { hasText: 'WhoAmI' }).waitFor();
}

/** As GraphiQL stores it. */
interface StoredTabs {
  readonly tabs: readonly { readonly title: string; readonly query: string; readonly variables?: string }[];
  readonly activeTabIndex: number;
}

/** Reloads the page, which is to come back with its tabs, and this one open. */
async function reloadsAsItIs(page: Page, name: string): Promise<void> {
  // It notes what is open half a second later.
  await page.waitForFunction((expected) => {
    const stored = (key: string) => localStorage.getItem(`graphiql:${key}`) ?? '';
    const { tabs, activeTabIndex } = JSON.parse(stored('tabState') || '{"tabs":[]}') as StoredTabs;
    const open = tabs[activeTabIndex];
    const isNoted = open?.query === stored('query') && (open.variables ?? '') === stored('variables');
    return isNoted && open.title === expected;
  }, name);
  await page.reload();
  await page.getByRole('tab', { name, selected: true }).waitFor();
  expect(await page.getByRole('tab').count()).toBe(examples.length);
}

/** Goes to a tab and presses the arrow. */
async function runTab(page: Page, name: string): Promise<void> {
  await page.getByRole('tab', { name }).getByRole('button', { name, exact: true }).click();
  // GraphiQL reads the name of the operation, and puts the query into the address, a moment after it has been shown.
  await page.waitForURL((url) => url.searchParams.get('query')?.includes(` ${name}`) === true);
  await page.getByRole('button', { name: /^Execute query/ }).click();
}

/** Waits until this stands in the answer. Its editor shows spaces as such that do not break. */
async function shows(page: Page, text: string): Promise<void> {
  const spaces = new RegExp(
    text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll(' ', String.raw`\s`),
  );
  await page.locator('.result-window .view-lines', { hasText: spaces }).waitFor();
}
