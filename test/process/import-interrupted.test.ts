import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gateTo } from '../support/gate.js';
import { launch, runCommand } from '../support/server-process.js';
import { newUser } from '../support/test-app.js';
import { line, openTransferStage, textsOf, type TransferStage } from '../support/transfer.js';
import { until } from '../support/until.js';

const contents = Array.from({ length: 150 }, (_, n) => [`question ${n}`, `answer ${n}`, `thanks ${n}`]);
const lines = contents.map((texts, n) => line(`conversation ${n}`, ...texts)).join('\n');
const complete = `${contents.length} conversations: `;

describe('An import', () => {
  let stage: TransferStage;
  beforeAll(async () => {
    stage = await openTransferStage();
  });
  afterAll(() => stage.close());

  /** An import through a gate, when the first conversations have arrived. */
  async function begin(user: string) {
    const file = await stage.file(`${user}.jsonl`, lines);
    const gate = await gateTo(new URL(stage.server.url));
    const url = `http://127.0.0.1:${gate.port}/graphql`;
    const child = launch(['import', file, '--user', user, '--url', url], {});
    let told = '';
    child.stderr?.on('data', (chunk) => (told += String(chunk)));
    const closed = once(child, 'close');
    await until(async () => (await stage.as(user).sessions.count()) > 5);
    const ended = async () => {
      const [code] = (await closed) as [number | null];
      return { code, told };
    };
    return { file, gate, child, ended };
  }

  async function expectAll(user: string): Promise<void> {
    expect(textsOf(await stage.stored(user))).toEqual(contents);
    expect(await runCommand(['verify'], { DATABASE_URL: stage.databaseUrl })).toMatchObject({ code: 0 });
  }

  test('goes on when the server comes back', async () => {
    const user = newUser();
    const { gate, ended } = await begin(user);
    await gate.close();
    await gate.open();
    const { code, told } = await ended();
    expect(told).toContain(complete);
    expect(code).toBe(0);
    await gate.close();
    await expectAll(user);
  });

  test('that was killed is completed by the next one', async () => {
    const user = newUser();
    const { file, gate, child, ended } = await begin(user);
    child.kill('SIGKILL');
    await ended();
    await gate.close();
    expect(await stage.as(user).sessions.count()).toBeLessThan(contents.length);
    const { code, stderr } = await stage.import(file, user);
    expect(stderr).toContain(complete);
    expect(code).toBe(0);
    await expectAll(user);
  });

  test('says how far it came when the server does not come back', async () => {
    const user = newUser();
    const { file, gate, ended } = await begin(user);
    await gate.close();
    const { code, told } = await ended();
    expect(code).toBe(1);
    const lastLine = told.trimEnd().split('\n').at(-1);
    expect(lastLine).toMatch(
      /^Stopped: No answer from the server.* What comes after line \d+ was not tried\./,
    );
    const [, conversations, added] = /^(\d+) conversations: (\d+) messages added, 0 were/m.exec(told) ?? [];
    expect(Number(conversations)).toBeGreaterThan(0);
    const stored = await stage.stored(user);
    expect(stored.flatMap(({ messages }) => messages).length).toBeGreaterThanOrEqual(Number(added));
    expect(await stage.import(file, user)).toMatchObject({ code: 0 });
    await expectAll(user);
  }, 120_000);

  test('twice at once stores everything once', async () => {
    const user = newUser();
    const file = await stage.file('at-once.jsonl', lines);
    const both = await Promise.all([stage.import(file, user), stage.import(file, user)]);
    for (const { code, stderr } of both) {
      expect(stderr).toContain(complete);
      expect(code).toBe(0);
    }
    await expectAll(user);
  });

  test('of more than one request takes is sent in several', async () => {
    const user = newUser();
    const control = '\u0001'.repeat(900_000);
    const texts = [
      ...Array.from({ length: 12 }, (_, n) => `${n}${control}`),
      ...Array.from({ length: 1_200 }, () => 'short'),
    ];
    const file = await stage.file('large.jsonl', line('large', ...texts));
    expect(await stage.import(file, user)).toMatchObject({
      code: 0,
      stderr: '1 conversations: 1212 messages added, 0 were there already.\n',
    });
    expect(textsOf(await stage.stored(user))).toEqual([texts]);
  });
});

test('A server with lower limits takes what it can, and the rest is named', async () => {
  const stage = await openTransferStage({ BODY_LIMIT: '20000' });
  try {
    const user = newUser();
    const texts = Array.from({ length: 40 }, (_, n) => `${n} ${'x'.repeat(2_000)}`);
    const file = await stage.file(
      'low.jsonl',
      [
        line('too large', 'y'.repeat(30_000)),
        line('many', ...texts),
        line('last', 'a', 'z'.repeat(30_000)),
      ].join('\n'),
    );
    const { code, stderr } = await stage.import(file, user);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^line 1: messages\.0: .*\nline 3: messages\.1: .* \(1 of 2 messages are stored\)\n/,
    );
    expect(textsOf(await stage.stored(user))).toEqual([texts, ['a']]);
  } finally {
    await stage.close();
  }
});
