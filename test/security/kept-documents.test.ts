import { startsAttackedServer } from '../support/attacked-server.js';
import { createClient } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { numbers } from '../support/ledger.js';
import { testOnLinux } from '../support/server-load.js';
import { newUser } from '../support/test-app.js';

const attacked = startsAttackedServer();

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
    const client = createClient(attacked.process.url, { 'x-user-id': newUser() });
    await attacked.survives(async () => {
      for (const n of numbers(75)) {
        const asked = numbers(4).map((part) => client.post({ query: documentOf(4 * n + part) }));
        for (const { errors, data } of await Promise.all(asked)) if (!data) codesOf(errors);
      }
    });
  },
  120_000,
);
