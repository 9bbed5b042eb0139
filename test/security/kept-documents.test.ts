import { afterAll, beforeAll, expect } from '@jest/globals';
import { createClient } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { numbers } from '../support/ledger.js';
import { loadDuring, testOnLinux } from '../support/server-load.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { newUser } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let server: ServerProcess;
beforeAll(async () => {
  database = await createTestDatabase();
  server = await startServer({ DATABASE_URL: database.url, MIGRATE: 'off' });
});
afterAll(async () => {
  server.kill('SIGTERM');
  await server.exited;
  await database.drop();
});

/** Documents of 15 to 20 kB, each another one. */
const documents: Record<string, (n: number) => string> = {
  'the same field many times': (n) => `query Q${n} { viewer { ${'kind '.repeat(3_000)} } }`,
  'fragments in each other': (n) =>
    `query Q${n} { viewer { ...F } } fragment F on Viewer { ${'...{ kind } '.repeat(1_200)} }`,
  mistakes: (n) => `query Q${n} { viewer { ${'k '.repeat(7_000)} } }`,
  'names of 60 characters': (n) =>
    `query Q${n} { chatSessions(first: 1) { nodes { messages(first: 1) { nodes { ${numbers(90)
      .map((field) => `k${n}_${field}_${'x'.repeat(50)}: content`)
      .join(' ')} } } } } }`,
  conditions: (n) =>
    `query Q${n}(${numbers(12)
      .map((c) => `$c${c}: Boolean = true`)
      .join(' ')}) { viewer { ${numbers(12)
      .map((c) => `... @include(if: $c${c}) { kind } `)
      .join('')} ${'kind '.repeat(2_500)} } }`,
};

testOnLinux.each(Object.entries(documents))(
  '300 documents with %s leave no more memory taken than the kept ones may take',
  async (_name, documentOf) => {
    const client = createClient(server.url, { 'x-user-id': newUser() });
    const { grown } = await loadDuring(server, async () => {
      for (const n of numbers(75)) {
        const asked = numbers(4).map((part) => client.post({ query: documentOf(4 * n + part) }));
        for (const { errors, data } of await Promise.all(asked)) if (!data) codesOf(errors);
      }
    });
    expect(grown).toBeLessThan(200);
  },
  120_000,
);
