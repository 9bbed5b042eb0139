import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createChatledgerClient, type ChatMessage } from '@chatledger/client';
import { runCommand } from '../support/server-process.js';
import { newUser, startsTestApps } from '../support/test-app.js';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const recordings = path.join(root, 'examples/conversations.jsonl');

/** The example as `npm install` leaves it: with a link to the package. */
let example: string;
beforeAll(async () => {
  example = await mkdtemp(path.join(tmpdir(), 'chatledger-worker-'));
  await cp(path.join(root, 'examples/worker'), example, { recursive: true });
  await rm(path.join(example, 'node_modules'), { recursive: true, force: true });
  await mkdir(path.join(example, 'node_modules/@chatledger'), { recursive: true });
  await symlink(path.join(root, 'client'), path.join(example, 'node_modules/@chatledger/client'));
});
afterAll(() => rm(example, { recursive: true }));

/** A process of the example. */
class Worker {
  readonly said: string[] = [];
  complaints = '';
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(url: string, script: string, ...args: readonly string[]) {
    const child = spawn(process.execPath, [path.join(example, script), ...args], {
      env: { PATH: process.env['PATH'], CHATLEDGER_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.said.push(line));
    child.stderr.on('data', (chunk) => (this.complaints += String(chunk)));
    this.#child = child;
    this.#closed = once(child, 'close');
  }

  /** Waits until it has said a line that begins so. @throws when it ends before */
  async says(beginning: string): Promise<void> {
    await until(() => {
      if (this.#child.exitCode !== null) throw new Error(`It has ended: ${this.complaints}`);
      return this.said.some((line) => line.startsWith(beginning));
    });
  }

  /** Waits until it has ended. @returns its exit code */
  async ends(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

const start = startsTestApps();
const workers: Worker[] = [];
afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.kill())));

/** What happens to one recording, played for a user of its own. */
async function stageFor(line: number, environment: Record<string, string> = {}) {
  const { url } = await start(environment);
  const user = newUser();
  const service = createChatledgerClient({ url });
  const messages = async (): Promise<ChatMessage[]> => {
    const { nodes } = await service.sessions.page({ userId: user });
    const page = nodes[0] && (await service.messages.page({ sessionId: nodes[0].id }));
    return page?.nodes ?? [];
  };
  const run = (script: string, ...args: string[]) => {
    const worker = new Worker(url, script, ...args);
    workers.push(worker);
    return worker;
  };
  return {
    service,
    messages,
    complete: (...args: [session: string, toolCall: string, result: string]) =>
      run('complete-tool-call.js', ...args),
    /** A player that waits so many milliseconds behind each word. */
    play: (pace: number) =>
      run('play.js', recordings, '--line', `${line}`, '--user', user, '--pace', `${pace}`),
    /** Waits until an answer has begun, and says no more. */
    untilAnswering: async (): Promise<ChatMessage> => {
      let last: ChatMessage | undefined;
      await until(async () => {
        last = (await messages()).at(-1);
        return last?.status === 'IN_PROGRESS' && last.content !== null && last.content !== '';
      });
      if (!last) throw new Error('There is no message.');
      return last;
    },
    /** What the command `export` writes of it. */
    exported: async (): Promise<unknown> => {
      const { stdout } = await runCommand(['export', '--user', user, '--url', url]);
      return (JSON.parse(stdout) as { messages: unknown }).messages;
    },
  };
}

/** Messages of a recording as its file has them. */
async function recorded(line: number): Promise<unknown> {
  const text = (await readFile(recordings, 'utf8')).split('\n')[line - 1] ?? '';
  return (JSON.parse(text) as { messages: unknown }).messages;
}

/** Longer than a test: a player that says the first word of an answer, and then nothing. */
const never = 600_000;

test('a conversation is whole though its player was killed within an answer, and other processes ran its tools', async () => {
  const { play, complete, untilAnswering, exported, messages, service } = await stageFor(3);
  const first = play(never);
  await first.says('waiting for: node complete-tool-call.js');
  const { sessionId } = (await messages())[0] ?? { sessionId: '' };
  const results = [
    ['call_a', '2031-04-18', 3],
    ['call_b', 'green', 4],
  ] as const;
  for (const [toolCall, result, sequence] of results) {
    await first.says(`waiting for: node complete-tool-call.js ${sessionId} ${toolCall}`);
    const completion = complete(sessionId, toolCall, result);
    expect(await completion.ends()).toBe(0);
    expect(completion.said).toEqual([`message ${sequence} holds it`]);
  }
  expect(await untilAnswering()).toMatchObject({ content: 'Four ' });
  await first.kill();

  expect((await messages()).at(-1)).toMatchObject({ status: 'IN_PROGRESS', content: 'Four ' });
  const second = play(0);
  expect(await second.ends()).toBe(0);
  expect(await exported()).toEqual(await recorded(3));
  expect(new Set((await messages()).map(({ status }) => status))).toEqual(new Set(['COMPLETE']));

  const whole = await service.sessions.get(sessionId);
  const third = play(0);
  expect(await third.ends()).toBe(0);
  expect(await complete(sessionId, 'call_b', 'green').ends()).toBe(0);
  expect(await complete(sessionId, 'call_b', 'red').ends()).toBe(1);
  expect(await service.sessions.get(sessionId)).toEqual(whole);
});

test('an answer that the server gave up meanwhile is made whole', async () => {
  const { play, untilAnswering, exported, messages } = await stageFor(1, { STREAM_TIMEOUT_SECONDS: '1' });
  const first = play(never);
  await untilAnswering();
  await first.kill();
  await until(async () => (await messages()).at(-1)?.status === 'FAILED');

  expect(await play(0).ends()).toBe(0);
  expect(await exported()).toEqual(await recorded(1));
});

test('an answer that somebody stopped meanwhile stays as it is, and the conversation goes on', async () => {
  const { play, untilAnswering, messages, service } = await stageFor(1);
  const first = play(never);
  const { id: messageId, sessionId } = await untilAnswering();
  await first.kill();
  await service.messages.finish({ sessionId, messageId, status: 'CANCELLED' });

  const second = play(0);
  expect(await second.ends()).toBe(0);
  expect(second.said).toContain('it stays CANCELLED');
  expect((await messages()).map(({ status, content }) => [status, content?.split(' ')[0]])).toEqual([
    ['COMPLETE', 'You'],
    ['COMPLETE', 'What'],
    ['CANCELLED', 'A'],
    ['COMPLETE', 'Who'],
    ['COMPLETE', 'Nobody'],
  ]);
});

test.each([
  ['a call that there is not', ['018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d', 'call_1', 'x'], 1],
  ['too few words', ['018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5d', 'call_1'], 2],
])('the process of the tool fails for %s', async (_what, args, code) => {
  const { url } = await start();
  const worker = new Worker(url, 'complete-tool-call.js', ...args);
  expect(await worker.ends()).toBe(code);
  expect(worker.complaints).not.toBe('');
  expect(worker.said).toEqual([]);
});
