import { readFile, writeFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { z } from 'zod';
import { newCredentialsKey } from '../support/credentials.js';
import { send } from '../support/raw-http.js';
import { startTestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';
import { Reader } from './expected.js';
import type { FatedBlock } from './fates.js';
import { compiledFile, separator, type Program } from './programs.js';
import { compileForRelay } from './relay.js';
import { openShell, type Shell } from './shell.js';
import { commandOf } from './unit.js';

/** Where the pages have their server. */
const address = '//127.0.0.1:4000';

/** Somebody who tries a page from its top to its end, with a server and a terminal. */
export interface Visit {
  take(block: FatedBlock): Promise<void>;
  close(): Promise<void>;
}

export async function openVisit(blocks: readonly FatedBlock[], programs: readonly Program[]): Promise<Visit> {
  const credentialsKey = newCredentialsKey('docs');
  const app = await startTestApp({ CREDENTIALS_KEYS: credentialsKey });
  const shell = await openShell({
    DATABASE_URL: app.database.url,
    CHATLEDGER_URL: app.url,
    CREDENTIALS_KEYS: credentialsKey,
  });
  const visitor = new Visitor(blocks, programs, shell, app.origin);
  return {
    take: (block) => visitor.take(block),
    async close() {
      try {
        await shell.close();
      } finally {
        await app.close();
      }
    },
  };
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: unknown;
}

class Visitor {
  readonly #reader = new Reader();
  /** What blocks have printed or were answered, by their lines. */
  readonly #printed = new Map<number, string | Answer | unknown[]>();

  constructor(
    private readonly blocks: readonly FatedBlock[],
    private readonly programs: readonly Program[],
    private readonly shell: Shell,
    /** Of the server that the page speaks of. */
    private origin: string,
  ) {}

  /** @throws when it does not do what the page says */
  async take(block: FatedBlock): Promise<void> {
    try {
      await this.#try(block);
    } catch (error) {
      if (error instanceof Error) error.message = `${block.page}:${block.line}: ${error.message}`;
      throw error;
    }
  }

  async #try(block: FatedBlock): Promise<void> {
    switch (block.fate) {
      case 'run':
        this.#printed.set(block.line, await this.#run(block));
        break;
      case 'program':
        await this.#runProgramOf(block);
        break;
      case 'answer':
        this.#compare(block);
        break;
      case 'file':
        await this.shell.write((block.mark ?? '').slice('file: '.length), block.text);
        break;
      case 'unit':
        this.origin = await this.shell.serve(commandOf(block.text));
        break;
      case 'relay':
        await compileForRelay(block.text);
        break;
      case 'only checked':
      case 'not run':
      case 'run elsewhere':
    }
  }

  /** A text as it is sent here. */
  #meant(text: string): string {
    return this.#reader.send(text).replaceAll(address, this.origin.replace(/^http:/, ''));
  }

  async #run(block: FatedBlock): Promise<string | Answer | unknown[]> {
    const text = this.#meant(block.text);
    const told = this.#answerTo(block);
    if (block.language === 'sh') {
      if (block.mark === 'serve') {
        this.origin = await this.shell.serve(text);
        return '';
      }
      const output = await this.shell.run(text);
      if (!told && /^\{"(data|errors)"/.test(output)) expectSuccess(JSON.parse(output) as Answer);
      return output;
    }
    const [, user] = /^as: (\S+)$/.exec(block.mark ?? '') ?? [];
    const headers: Record<string, string> = user === undefined ? {} : { 'x-user-id': user };
    if (text.startsWith('subscription')) {
      if (!told) throw new Error('What does it tell?');
      return this.#watch(text, headers, countIn(told.text));
    }
    const answer = await this.#post(text, headers);
    if (!told) expectSuccess(answer);
    return answer;
  }

  #answerTo({ line }: FatedBlock): FatedBlock | undefined {
    const next = this.blocks.find((block) => block.line > line);
    return next?.fate === 'answer' ? next : undefined;
  }

  async #post(query: string, headers: Record<string, string>): Promise<Answer> {
    const { text } = await send(this.origin, '/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    return JSON.parse(text) as Answer;
  }

  /** The data of so many events, without the name of the field around it. */
  async #watch(query: string, headers: Record<string, string>, count: number): Promise<unknown[]> {
    const stream = await watch<Record<string, unknown>, object>(`${this.origin}/graphql`, headers, query, {});
    const events: unknown[] = [];
    while (events.length < count) events.push(...Object.values(await stream.nextData()));
    stream.stop();
    await expect(stream.next()).rejects.toThrow();
    return events;
  }

  /** Runs all of a program at its first block. */
  async #runProgramOf({ line }: FatedBlock): Promise<void> {
    if (this.#printed.has(line)) return;
    const program = this.programs.find(({ blocks }) => blocks.some((block) => block.line === line));
    if (!program) throw new Error('It is part of no program.');
    const file = compiledFile(program);
    await writeFile(file, this.#meant(await readFile(file, 'utf8')));
    const [, ...outputs] = (await this.shell.node(file)).split(separator);
    expect(outputs).toHaveLength(program.blocks.length);
    program.blocks.forEach((block, index) => this.#printed.set(block.line, outputs[index] ?? ''));
  }

  #compare({ line, language, text }: FatedBlock): void {
    const before = this.blocks.findLast((block) => block.line < line);
    const printed = before && this.#printed.get(before.line);
    if (printed === undefined) throw new Error('There is no answer to compare this with.');
    if (typeof printed !== 'string') this.#reader.expectJson(printed, text);
    else if (language === 'json') this.#reader.expectJson(JSON.parse(printed), text);
    else this.#reader.expectText(printed, text);
  }
}

/** Events that a page shows as a list. */
function countIn(list: string): number {
  return z.array(z.unknown()).min(1).parse(JSON.parse(list)).length;
}

/** Where a page shows no answer, all is well. */
function expectSuccess({ data, errors }: Answer): void {
  expect(errors).toBeUndefined();
  expect(data).toBeTruthy();
  for (const result of Object.values(data ?? {})) expect(result).not.toHaveProperty('code');
}
