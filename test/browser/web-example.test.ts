import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createChatledgerClient, type ChatledgerClient } from '@chatledger/client';
import type { Page } from 'playwright-core';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';
import { launchBrowser, type Browser } from './browser.js';
import { toolCallForms } from './tool-call-forms.js';
import { paragraphs, speaker, Tokens } from './texts.js';
import {
  distanceFromEnd,
  idsOf,
  live,
  messages,
  onFirst,
  scrollToTheBeginning,
  showEnd,
  shownIds,
  signIn,
  topOf,
  write,
} from './web-page.js';
import { buildExample, describeExample, startWebServer } from './web-server.js';

describeExample('The example of a web page', () => {
  let database: TestDatabase;
  let server: ServerProcess;
  let origin: string;
  let browser: Browser;
  let page: Page;
  let alice: ChatledgerClient;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    await buildExample();
    database = await createTestDatabase();
    closing.push(() => database.drop());
    server = await startServer({ DATABASE_URL: database.url });
    closing.push(async () => {
      server.kill('SIGTERM');
      await server.exited;
    });
    const web = await startWebServer(new URL(server.url).origin);
    closing.push(() => web.close());
    ({ origin } = web);
    browser = await launchBrowser(origin);
    closing.push(() => browser.close());
    page = await browser.open();
    alice = clientOf('alice');
  });
  afterEach(() => {
    expect(browser.strayRequests).toEqual([]);
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  /** A client whose tries do not end while a server restarts. */
  function clientOf(userId: string): ChatledgerClient {
    return createChatledgerClient({
      url: server.url,
      headers: { 'x-user-id': userId },
      retry: { retries: 100, maxDelay: 500 },
    });
  }

  async function createSession(title: string, texts: readonly string[] = []): Promise<string> {
    const { id: sessionId } = (await alice.sessions.create({ title })).chatSession;
    const messages = texts.map((content, index) => ({ role: speaker(index), content }));
    if (messages.length > 0) await alice.messages.appendBatch({ sessionId, messages });
    return sessionId;
  }

  /** Opens a session as somebody does who has no mouse. */
  async function openSession(title: string): Promise<void> {
    const link = page.getByRole('link', { name: title });
    await link.focus();
    await link.press('Enter');
    await page.getByRole('heading', { name: title }).waitFor();
    await live(page.getByRole('main')).waitFor();
  }

  test('tells somebody who has no sessions, and begins the first', async () => {
    await signIn(page, origin, 'bob');
    await page.getByText('There are none yet.').waitFor();
    await browser.screenshot(page, 'web-empty');
    await page.getByRole('button', { name: 'New conversation' }).press('Enter');
    await page.getByText('No messages yet.').waitFor();
    await page.getByRole('link', { name: 'Untitled' }).waitFor();
    // Who begins a conversation wants to write.
    await until(async () => (await page.evaluate('document.activeElement.id')) === 'draft');
    await page.keyboard.type('Hello');
    await page.keyboard.press('Enter');
    await page.getByRole('article', { name: 'You, message 1' }).getByText('Hello').waitFor();
    expect(await clientOf('bob').sessions.count()).toBe(1);
    expect(browser.complaints).toEqual([]);
  });

  test('lists sessions page by page, and what happens to them', async () => {
    for (let n = 1; n <= 70; n += 1) await createSession(`Session ${n}`);
    await signIn(page, origin, 'alice');
    const titles = page.locator('.sessions .title');
    await live(page.getByRole('navigation')).waitFor();
    await until(async () => (await titles.count()) === 30);
    await showEnd(page, '.sessions .scroller');
    await until(async () => (await titles.count()) === 60);
    await showEnd(page, '.sessions .scroller');
    await until(async () => (await titles.count()) === 70);
    expect(await titles.allTextContents()).toEqual(Array.from({ length: 70 }, (_, n) => `Session ${70 - n}`));

    const id = await createSession('A new one');
    await until(async () => (await titles.first().textContent()) === 'A new one');
    await alice.sessions.update({ id, title: 'A new name' });
    await until(async () => (await titles.first().textContent()) === 'A new name');
    await alice.sessions.delete(id);
    await until(async () => (await titles.first().textContent()) === 'Session 70');
    expect(await titles.count()).toBe(70);
    expect(browser.complaints).toEqual([]);
  });

  test('does not show a session again that was deleted while its page was on the way', async () => {
    await page.reload();
    const sessions = await alice.sessions.page({ first: 50 });
    await page.getByText('Session 41', { exact: true }).waitFor({ state: 'attached' });
    await onFirst('ChatSessions', page, async (route) => {
      const response = await route.fetch();
      // One that is shown, and after it is gone nobody waits for the other one: it was deleted before.
      for (const title of ['Session 25', 'Session 55']) {
        const { id } = sessions.nodes.find((session) => session.title === title) ?? { id: '' };
        await alice.sessions.delete(id);
      }
      await page.getByText('Session 55', { exact: true }).waitFor({ state: 'detached' });
      await route.fulfill({ response });
    });
    await showEnd(page, '.sessions .scroller');
    await page.getByText('Session 24', { exact: true }).waitFor({ state: 'attached' });
    await page.getByText('Session 26', { exact: true }).waitFor({ state: 'attached' });
    expect(await page.getByText('Session 25', { exact: true }).count()).toBe(0);
  });

  test('pages back through hundreds of messages, and stays where somebody reads', async () => {
    const sessionId = await createSession('Long', paragraphs(430));
    await openSession('Long');
    expect(await shownIds(page)).toHaveLength(50);
    await page.getByText('Paragraph 429 goes').waitFor();
    expect(await distanceFromEnd(page)).toBeLessThan(2);

    expect(await page.evaluate<number>(scrollToTheBeginning)).toBeLessThan(2);
    expect(await shownIds(page)).toEqual(await idsOf(alice, sessionId));

    // What comes in at the end does not take away what somebody reads.
    await page.evaluate(`${messages}.scrollTop = 1000`);
    const read = page.getByText('Paragraph 12 goes');
    const top = await topOf(read);
    await alice.messages.append({ sessionId, message: { role: 'ASSISTANT', content: 'Late' } });
    await page.getByText('Late').waitFor({ state: 'attached' });
    expect(await topOf(read)).toBe(top);
    await page.getByRole('button', { name: 'Newest' }).press('Enter');
    await until(async () => (await distanceFromEnd(page)) < 2);
    await alice.messages.append({ sessionId, message: { role: 'USER', content: 'Later' } });
    await page.getByText('Later').waitFor();
    await until(async () => (await distanceFromEnd(page)) < 2);
    expect(browser.complaints).toEqual([]);
  });

  test('shows an answer while it grows, and a tool call whose result comes later', async () => {
    const sessionId = await createSession('Weather', ['What is the weather in Zurich?']);
    await openSession('Weather');
    const answer = page.locator('[data-role="ASSISTANT"]');

    const tokens = new Tokens();
    const toolCalls = [{ id: 'call_1', function: { name: 'get_weather', arguments: '{"city":"Zurich"}' } }];
    const ending = () => ({ toolCalls });
    const answered = alice.streamMessage({ sessionId, tokens: tokens.read(), ending });
    for (const text of ['Let me ', 'look ', 'at the radar 🌧.']) {
      tokens.push(text);
      await answer.getByText(text).waitFor();
      expect(await answer.getAttribute('aria-busy')).toBe('true');
    }
    await browser.screenshot(page, 'web-growing');
    const lines = Array.from({ length: 100 }, (_, n) => `\nLine ${n} of the report`);
    for (const [n, line] of lines.entries()) {
      tokens.push(line);
      if (n % 10 === 9) await answer.getByText(line.trim()).waitFor({ state: 'attached' });
    }
    tokens.end();
    await answered;
    await page.locator('[data-role="ASSISTANT"][aria-busy="false"]').waitFor();
    expect(await answer.locator('.text').textContent()).toBe(`Let me look at the radar 🌧.${lines.join('')}`);
    await until(async () => (await distanceFromEnd(page)) < 2);

    const call = answer.getByRole('group').filter({ hasText: 'get_weather' });
    await call.getByText('no result yet').waitFor();
    await alice.messages.append({ sessionId, message: { role: 'TOOL', toolCallId: 'call_1' } });
    await alice.messages.updateToolContent({ sessionId, toolCallId: 'call_1', content: '{"rain_mm": 6.5}' });
    await call.getByText('done').waitFor();
    await call.locator('summary').press('Enter');
    await call.getByText('{"city":"Zurich"}').waitFor();
    await call.getByText('{"rain_mm": 6.5}').waitFor();
    // The result stands with its call, not by itself.
    expect(await shownIds(page)).toHaveLength(2);
    await browser.screenshot(page, 'web-tool');
    await page.emulateMedia({ colorScheme: 'dark' });
    await browser.screenshot(page, 'web-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    expect(browser.complaints).toEqual([]);
  });

  test('shows name, input and result of calls in the forms of all providers', async () => {
    const sessionId = await createSession('Forms');
    for (const { toolCalls = null, functionCall = null, results } of toolCallForms) {
      await alice.messages.append({ sessionId, message: { role: 'ASSISTANT', toolCalls, functionCall } });
      for (const message of results) await alice.messages.append({ sessionId, message });
    }
    await openSession('Forms');
    const details = page.locator('details.tool');
    const wanted = toolCallForms.flatMap(({ shown }) => shown);
    await until(async () => (await details.count()) === wanted.length);
    const shown = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('details.tool')].map((each) =>
        [each.querySelector('code').innerText, ...[...each.querySelectorAll('pre')].map((pre) => pre.textContent)])`,
    );
    expect(shown).toEqual(wanted);
    // Results stand with their calls, not by themselves.
    expect(await shownIds(page)).toHaveLength(toolCallForms.length);
    await page.evaluate(`document.querySelectorAll('details.tool').forEach((each) => { each.open = true; })`);
    await browser.screenshot(page, 'web-tool-forms');
  });

  test('writes texts in the direction of their script', async () => {
    const sessionId = await createSession('محادثة عن الطقس', ['ما هو الطقس اليوم؟\nWeather?', 'Sunny.']);
    await openSession('محادثة عن الطقس');
    const directions = await page.evaluate<string[]>(
      `['.message .text', '[data-role="ASSISTANT"] .text', 'main h2', '[aria-current] .title'].map((each) =>
        getComputedStyle(document.querySelector(each)).direction)`,
    );
    expect(directions).toEqual(['rtl', 'ltr', 'rtl', 'rtl']);
    const box = page.getByLabel('Message', { exact: true });
    const direction = () => page.evaluate('getComputedStyle(document.querySelector("#draft")).direction');
    await box.fill('שלום');
    expect(await direction()).toBe('rtl');
    await browser.screenshot(page, 'web-directions');
    await box.press('Enter');
    await until(async () => (await idsOf(alice, sessionId)).length === 3);
    await box.fill('Hello');
    expect(await direction()).toBe('ltr');
    await box.fill('');
  });

  test('shows a result that came while the page with its tool call was on the way', async () => {
    const sessionId = await createSession('Overtaken');
    const toolCalls = [{ id: 'call_1', function: { name: 'get_weather', arguments: '{}' } }];
    const filling = paragraphs(60).map((content) => ({ role: 'USER' as const, content }));
    await alice.messages.appendBatch({
      sessionId,
      messages: [{ role: 'ASSISTANT', toolCalls }, { role: 'TOOL', toolCallId: 'call_1' }, ...filling],
    });
    await openSession('Overtaken');
    await onFirst('ChatMessages', page, async (route) => {
      const response = await route.fetch();
      await alice.messages.updateToolContent({ sessionId, toolCallId: 'call_1', content: 'Rain.' });
      await alice.messages.append({ sessionId, message: { role: 'USER', content: 'Then this' } });
      await page.getByText('Then this').waitFor({ state: 'attached' });
      await route.fulfill({ response });
    });
    await page.evaluate(`${messages}.scrollTop = 0`);
    await page.getByText('The beginning').waitFor();
    await page.getByRole('group').filter({ hasText: 'get_weather' }).getByText('done').waitFor();
  });

  test('stores a message once whose answer was lost on the way', async () => {
    const sessionId = await createSession('Sending');
    await openSession('Sending');
    await onFirst('AppendChatMessage', page, async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await write(page, 'Only once');
    await page.getByRole('article', { name: 'You, message 1' }).getByText('Only once').waitFor();
    await page.getByText('Sending …').waitFor({ state: 'detached' });
    expect(await shownIds(page)).toEqual(await idsOf(alice, sessionId));
    expect(await shownIds(page)).toHaveLength(1);
    expect(connectionErrors(browser)).toHaveLength(1);
  });

  test('keeps what could not be sent, and what was written behind it in its order', async () => {
    const sessionId = await createSession('Order');
    await openSession('Order');
    await onFirst('AppendChatMessage', page, (route) => route.fulfill({ status: 500 }));
    await write(page, 'First');
    await page.getByText('Not sent.').waitFor();
    await write(page, 'Second');
    await page.getByText('Waiting …').waitFor();
    // What is not sent does not go with the page.
    await openSession('Sending');
    await openSession('Order');
    await browser.screenshot(page, 'web-not-sent');
    expect(await idsOf(alice, sessionId)).toEqual([]);
    const written = await shownIds(page);
    await page.getByRole('button', { name: 'Try again' }).press('Enter');
    await page.getByRole('article', { name: 'You, message 2' }).getByText('Second').waitFor();
    await until(async () => (await page.locator('.outgoing').count()) === 0);
    expect(await shownIds(page)).toEqual(written);
    expect(await idsOf(alice, sessionId)).toEqual(written);
    expect(connectionErrors(browser)).toHaveLength(1);
  });

  test('loses and doubles nothing when the server is killed and started again', async () => {
    const sessionId = await createSession('Restart', ['Before']);
    await openSession('Restart');
    const tokens = new Tokens();
    const answered = alice.streamMessage({ sessionId, tokens: tokens.read() });
    tokens.push('The first half, ');
    await page.getByText('The first half, ').waitFor();

    server.kill('SIGKILL');
    await server.exited;
    await page.getByRole('main').getByText('Reconnecting …').waitFor();
    await page.getByRole('navigation').getByText('Reconnecting …').waitFor();
    const appended = alice.messages.append({ sessionId, message: { role: 'USER', content: 'Meanwhile' } });
    await write(page, 'From the page');
    await page.getByText('Sending …').waitFor();
    tokens.push('and the second.');
    await browser.screenshot(page, 'web-reconnecting');

    server = await startServer({ DATABASE_URL: database.url, PORT: new URL(server.url).port });
    tokens.end();
    await Promise.all([appended, answered]);
    await live(page.getByRole('main')).waitFor();
    await live(page.getByRole('navigation')).waitFor();
    await alice.messages.append({ sessionId, message: { role: 'USER', content: 'Afterwards' } });
    await page.getByText('Afterwards').waitFor();
    await page.getByText('The first half, and the second.').waitFor();
    await page.getByText('Sending …').waitFor({ state: 'detached' });
    expect(await shownIds(page)).toEqual(await idsOf(alice, sessionId));
    expect((await page.locator('.message .text').allTextContents()).sort()).toEqual([
      'Afterwards',
      'Before',
      'From the page',
      'Meanwhile',
      'The first half, and the second.',
    ]);
    connectionErrors(browser);
  });

  test('sends again by itself, once, what failed while the server was away', async () => {
    const sessionId = await createSession('Away');
    await openSession('Away');
    server.kill('SIGKILL');
    await server.exited;
    await write(page, 'While it was away');
    await write(page, 'And behind it');
    await page.getByText('Not sent.').waitFor();
    await browser.screenshot(page, 'web-away');
    const written = await shownIds(page);
    expect(written).toHaveLength(2);

    server = await startServer({ DATABASE_URL: database.url, PORT: new URL(server.url).port });
    await page
      .getByRole('article', { name: 'You, message 2' })
      .getByText('And behind it')
      .waitFor({ timeout: 40_000 });
    await until(async () => (await page.locator('.outgoing').count()) === 0);
    expect(await shownIds(page)).toEqual(written);
    expect(await idsOf(alice, sessionId)).toEqual(written);
    connectionErrors(browser);
  });

  test('shows one pane at a time where there is little room, and says what is not there', async () => {
    await page.setViewportSize({ width: 390, height: 780 });
    await browser.screenshot(page, 'web-narrow');
    await page.getByRole('navigation').waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'All conversations' }).press('Enter');
    await page.getByRole('main').waitFor({ state: 'hidden' });
    await browser.screenshot(page, 'web-narrow-list');
    await page.getByRole('link', { name: 'Weather' }).press('Enter');
    await page.getByRole('heading', { name: 'Weather' }).waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Weather');

    const bobs = (await clientOf('bob').sessions.create({})).chatSession;
    await page.goto(`${origin}/#/${bobs.id}`);
    await page.getByText('This conversation does not exist, or not any more.').waitFor();
    await page.goto(`${origin}/#/nonsense`);
    await page.getByRole('alert').getByText('UUID').waitFor();
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await browser.screenshot(page, 'web-problem');
    expect(connectionErrors(browser)).toEqual([]);
  });
});

let known = 0;
/** What the console complained of since this was asked last: requests that failed, and nothing else. */
function connectionErrors({ complaints }: Browser): readonly string[] {
  const since = complaints.slice(known);
  known = complaints.length;
  expect(
    since.filter((text) => !/^(Failed to load resource: |WebSocket connection to .* failed: )/.test(text)),
  ).toEqual([]);
  return since;
}
