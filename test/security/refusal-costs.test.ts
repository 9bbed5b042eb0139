import { appendFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { parse } from 'graphql';
import { beginSocket } from '../support/socket.js';
import { send } from '../support/raw-http.js';
import { processCpuOf, testOnLinux, unitOfWork, watchMemory } from '../support/server-load.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { documents } from './costly-documents.js';
import { bodies, inJsonInputs, values, type CostlyRefusal } from './costly-values.js';

// To refuse a request takes little more than to read it, whatever is wrong with it. REFUSALS_MEASURED names a file for
// what each takes.

/** What a request may take: CPU seconds of the whole server process on a machine of usual speed, and megabytes. */
const most = { cpu: 1, memory: 64 };

/** The same CPU seconds on this machine, if it is slower. */
const mostCpu = most.cpu * Math.max(1, 10 * unitOfWork());

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Answer {
  readonly errors: readonly { readonly extensions: { readonly code: string; readonly path?: unknown } }[];
}

/** Seconds of CPU time that it takes to parse a request. */
function parsing(body: string): number {
  const begun = process.cpuUsage();
  try {
    parse((JSON.parse(body) as { query: string }).query, { maxTokens: 50_000 });
  } catch {
    // It is no JSON, or no document, or has no end.
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000_000;
}

/** @param apart CPU seconds that they may take beside five times those of parsing them */
function refusesCheaply(cases: Readonly<Record<string, CostlyRefusal>>, apart: number): void {
  let server: ServerProcess;
  const post = (body: string) =>
    send(new URL(server.url).origin, '/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': 'a' },
      body,
    });
  beforeAll(async () => {
    server = await startServer({ DATABASE_URL: database.url, MIGRATE: 'off' });
    await post('{"query":"{ viewer { kimd } }"}');
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await server.exited;
  });

  testOnLinux.each(Object.entries(cases))('%s', async (name, { body, code, path }) => {
    const text = body();
    const before = await processCpuOf(server.pid);
    const memory = watchMemory(server.pid);
    const answer = await post(text);
    const grown = await memory.end();
    const cpu = (await processCpuOf(server.pid)) - before;
    const { errors } = JSON.parse(answer.text) as Answer;
    const measured = process.env['REFUSALS_MEASURED'];
    if (measured !== undefined)
      await appendFile(measured, `${cpu.toFixed(2)} s, ${grown.toFixed(0)} MB: ${name}\n`);
    expect(new Set(errors.map(({ extensions }) => extensions.code))).toEqual(new Set([code]));
    if (path) expect(errors[0]?.extensions.path).toEqual(path);
    expect(answer.text.length).toBeLessThan(64_000);
    expect(cpu).toBeLessThan(Math.min(mostCpu, apart + 5 * parsing(text)));
    expect(grown).toBeLessThan(most.memory);
  });
}

describe('variables', () => {
  refusesCheaply(values, mostCpu / 4);
});
describe('JSON', () => {
  refusesCheaply(inJsonInputs, mostCpu / 4);
});
describe('bodies', () => {
  refusesCheaply(bodies, mostCpu / 4);
});
testOnLinux('what comes over a WebSocket costs no more', async () => {
  const server = await startServer({ DATABASE_URL: database.url, MIGRATE: 'off' });
  const socket = await beginSocket(server.url, { 'x-user-id': 'a' });
  const cases = Object.entries({ ...values, ...inJsonInputs }).filter(([name]) =>
    /^(500,000 keys|2 million|7 MB)/.test(name),
  );
  for (const [name, { body, code, path }] of cases) {
    const before = await processCpuOf(server.pid);
    socket.send(`{"id":"1","type":"subscribe","payload":${body()}}`);
    const answer = await socket.next();
    const cpu = (await processCpuOf(server.pid)) - before;
    expect({ name, payload: answer?.payload }).toMatchObject({
      name,
      payload: { errors: [{ extensions: { code, path } }] },
    });
    expect({ name, isCheap: cpu < mostCpu }).toEqual({ name, isCheap: true });
    expect((await socket.next())?.type).toBe('complete');
  }
  expect(cases.length).toBeGreaterThan(10);
  server.kill('SIGTERM');
  await server.exited;
});

describe.each(Object.entries(documents))('documents that are %s', (code, texts) => {
  refusesCheaply(
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [
        name,
        {
          code,
          body: () =>
            JSON.stringify({ query: text(), operationName: /^query Q0\b/.test(text()) ? 'Q0' : null }),
        },
      ]),
    ),
    mostCpu,
  );
});
