import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { createChatledgerClient, NoAnswerError, type ChatMessage } from '@chatledger/client';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage, type Scene } from './stage.js';

const stage = setsStage();

/** Seconds that the server is away: OUTAGE_SECONDS=1,3,10,30,60 for long ones. */
const outages = (process.env['OUTAGE_SECONDS'] ?? '1,3').split(',').map(Number);
const streams = 40;

let way: DatabaseProxy | undefined;
afterEach(() => way?.close());

interface Said {
  readonly tokens: string[];
  readonly message: Promise<ChatMessage>;
}

/** A model that goes on speaking, whatever becomes of the server, until it is told to come to its end. */
async function* model(name: string, tokens: string[], isOver: () => boolean) {
  while (!isOver()) {
    const token = `${name}, word ${tokens.length}. `;
    tokens.push(token);
    yield token;
    await sleep(20);
  }
}

async function speaking(url: string, isOver: () => boolean): Promise<Said[]> {
  return Promise.all(
    Array.from({ length: streams }, async (_, number) => {
      const headers = { 'x-user-id': `speaker-${number}` };
      const ledger = createChatledgerClient({ url, headers, retry: { maxDelay: 1_000 } });
      const { chatSession } = await ledger.sessions.create({});
      const tokens: string[] = [];
      const message = ledger.streamMessage({
        sessionId: chatSession.id,
        tokens: model(chatSession.id, tokens, isOver),
      });
      message.catch(() => undefined);
      return { tokens, message };
    }),
  );
}

/** Lets all of them speak before, during and after a fault. */
async function expectNoneLost(scene: Scene, url: string, fault: () => Promise<void>): Promise<void> {
  let isOver = false;
  const said = await speaking(url, () => isOver);
  const haveSaid = (least: number) => until(() => said.every(({ tokens }) => tokens.length >= least));
  await haveSaid(5);
  await fault();
  await haveSaid(Math.max(...said.map(({ tokens }) => tokens.length)) + 5);
  isOver = true;
  const ends = await Promise.allSettled(said.map(({ message }) => message));
  const found = ends.map((end) =>
    end.status === 'fulfilled' ? `${end.value.status} ${end.value.content}` : String(end.reason),
  );
  expect(found).toEqual(said.map(({ tokens }) => `COMPLETE ${tokens.join('')}`));
  const { rows } = await scene.sql.query(
    `SELECT count(*)::int AS n FROM "ChatMessage" WHERE content = ANY ($1) AND status = 'complete'`,
    [said.map(({ tokens }) => tokens.join(''))],
  );
  expect(rows).toEqual([{ n: streams }]);
}

test.each(outages)('40 answers are being written, and the server is away for %d s', async (seconds) => {
  const scene = await stage.open();
  const proxy = (way = await startDatabaseProxy(scene.server.url));
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1) {
    await expectNoneLost(scene, proxy.url, async () => {
      await proxy.close();
      await sleep(seconds * 1_000);
      await proxy.reopen();
    });
  }
  const fault = `server away for ${seconds} s under ${streams} streamed answers`;
  await scene.survived(fault, times, undefined, { acknowledged: times * streams });
});

test('40 answers are being written, and the server is killed', async () => {
  const scene = await stage.open();
  const times = rounds(1);
  for (let round = 1; round <= times; round += 1)
    await expectNoneLost(scene, scene.server.url, () => scene.restart('SIGKILL'));
  const fault = `server killed (SIGKILL) under ${streams} streamed answers`;
  await scene.survived(fault, times, undefined, { acknowledged: times * streams });
});

test('a server that stays away longer than the time limit is given up', async () => {
  const scene = await stage.open();
  const proxy = (way = await startDatabaseProxy(scene.server.url));
  const ledger = createChatledgerClient({ url: proxy.url, retry: { retries: 1, minDelay: 1, maxDelay: 10 } });
  const { chatSession } = await ledger.sessions.create({ userId: 'alice' });
  async function* tokens() {
    yield 'Hello';
    await proxy.close();
    yield ' world';
  }
  const writing = ledger.streamMessage({ sessionId: chatSession.id, tokens: tokens(), timeout: 50 });
  await expect(writing).rejects.toBeInstanceOf(NoAnswerError);
});
