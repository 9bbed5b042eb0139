import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChatledgerClient } from '@chatledger/client';
import type { Page } from 'playwright-core';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { launchBrowser, type Browser } from './browser.js';
import { live, signIn, write } from './web-page.js';
import { buildExample, describeExample, startWebServer, type WebServer } from './web-server.js';

/** A browser has six connections to a server over HTTP/1.1, for all of its tabs together. */
const count = 6;

/** Notes in the page when a text is there, from now on. */
const noteTexts = `
  globalThis.shownAt = {};
  new MutationObserver(() => {
    for (const item of document.querySelectorAll('.message .text')) globalThis.shownAt[item.textContent] ??= Date.now();
  }).observe(document, { childList: true, subtree: true, characterData: true });
`;

describeExample('Six tabs of the example of a web page, over HTTP/1.1,', () => {
  let app: TestApp;
  let web: WebServer;
  let browser: Browser;
  beforeAll(async () => {
    await buildExample();
    app = await startTestApp();
    web = await startWebServer(app.origin);
    browser = await launchBrowser(web.origin);
  });
  afterAll(async () => {
    await browser.close();
    await web.close();
    await app.close();
  });

  test('hold a connection each, and each sends and sees what the others send', async () => {
    const alice = createChatledgerClient({ url: app.url, headers: { 'x-user-id': 'alice' } });
    const { id } = (await alice.sessions.create({ title: 'Together' })).chatSession;
    const tabs: Page[] = [];
    const sockets: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const tab = await browser.open();
      sockets.push(0);
      const counts = (change: number) => (sockets[n] = (sockets[n] ?? 0) + change);
      tab.on('websocket', (socket) => {
        counts(1);
        socket.on('close', () => counts(-1));
      });
      await signIn(tab, web.origin, 'alice');
      await tab.getByRole('link', { name: 'Together' }).click();
      await live(tab.getByRole('main')).waitFor();
      await live(tab.getByRole('navigation')).waitFor();
      await tab.evaluate(noteTexts);
      tabs.push(tab);
    }

    const sent: Record<string, number> = {};
    for (const [n, tab] of tabs.entries()) {
      const text = `From tab ${n}`;
      sent[text] = await tab.evaluate<number>('Date.now()');
      await write(tab, text);
      for (const other of tabs) await other.getByText(text).waitFor();
    }
    const stored = [];
    for await (const { content } of alice.messages.all({ sessionId: id })) stored.push(content);
    expect(stored).toEqual(tabs.map((_, n) => `From tab ${n}`));
    for (const tab of tabs) expect(await tab.locator('.message .text').allTextContents()).toEqual(stored);
    // That of somebody who has signed out is closed a moment later.
    await until(() => sockets.every((open) => open === 1));

    // How long it takes depends on the machine, and is for people to judge.
    const delays: number[] = [];
    for (const tab of tabs) {
      const shown = await tab.evaluate<Record<string, number>>('globalThis.shownAt');
      for (const [text, at] of Object.entries(sent)) delays.push((shown[text] ?? Infinity) - at);
    }
    delays.sort((a, b) => a - b);
    process.stderr.write(
      `Six tabs saw each other's messages after ${delays.at(delays.length / 2)} ms in the median, ${delays.at(-1)} ms at most.\n`,
    );
    expect(delays).toHaveLength(count * count);
    expect(browser.complaints).toEqual([]);
    expect(browser.strayRequests).toEqual([]);
  });
});
