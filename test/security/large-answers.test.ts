import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { createClient, type Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { testCredentialsKey } from '../support/credentials.js';
import { appended, createSession, numbers } from '../support/ledger.js';
import { loadDuring, testOnLinux, unitOfWork, type Load } from '../support/server-load.js';
import { startServer, type ServerProcess } from '../support/server-process.js';
import { newUser } from '../support/test-app.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { until } from '../support/until.js';

let database: TestDatabase;
let server: ServerProcess;
let user: string;
let client: Client;
let sessionId: string;
let namesId: string;
/** Seconds of CPU time that /health may wait: a multiple of what a fixed piece of work takes on this machine. */
let patience: number;

const toolCalls = [{ id: 'a', type: 'function', function: { name: 'b', arguments: 'x'.repeat(250_000) } }];

beforeAll(async () => {
  patience = 10 * unitOfWork();
  database = await createTestDatabase();
  server = await startServer({
    DATABASE_URL: database.url,
    MIGRATE: 'off',
    CREDENTIALS_KEYS: testCredentialsKey,
  });
  user = newUser();
  client = createClient(server.url, { 'x-user-id': user });
  sessionId = (await createSession(client, { credentials: { key: 'y'.repeat(250_000) } })).id;
  for (const message of numbers(22))
    await appended(client, sessionId, [{ role: 'ASSISTANT', name: `${message}`, toolCalls }]);
  namesId = (await createSession(client)).id;
  const named = numbers(500).map(() => ({ role: 'USER', name: 'n'.repeat(500) }) as const);
  await appended(client, namesId, named);
}, 60_000);
afterAll(async () => {
  server.kill('SIGTERM');
  await server.exited;
  await database.drop();
});

function expectBounded({ grown, stalled }: Load): void {
  expect(grown).toBeLessThan(200);
  expect(stalled).toBeLessThan(patience);
}

const many = (field: string) =>
  numbers(99)
    .map((n) => `a${n}: ${field}`)
    .join(' ');
const session = (selection: string) => `{ chatSession(id: "${sessionId}") { ${selection} } }`;

const attacks: Record<string, () => { query: string; variables?: object }> = {
  'a wide column 99 times by nodes': () => ({
    query: session(`messages { nodes { ${many('toolCalls')} } }`),
  }),
  'short texts of many rows 99 times': () => ({
    query: `{ chatSession(id: "${namesId}") { messages(last: 500) { nodes { ${many('name')} } } } }`,
  }),
  'a wide column 99 times by edges': () => ({
    query: session(`messages { edges { node { ${many('toolCalls')} } } }`),
  }),
  'a list of wide columns 99 times': () => ({
    query: session(many('messages(last: 22) { nodes { toolCalls } }')),
  }),
  'beside a question about the schema': () => ({
    query: `{ __typename __schema { queryType { name } } ${session(`messages { nodes { ${many('toolCalls')} } }`).slice(1)}`,
  }),
  'the same credentials 1,000 times': () => ({
    query: 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ChatSession { credentials } } }',
    variables: { ids: Array<string>(1_000).fill(sessionId) },
  }),
  'the changes of a session 99 times': () => ({
    query: session(
      many('changes(first: 22) { changes { ... on ChatMessagesAppended { chatMessages { toolCalls } } } }'),
    ),
  }),
};

describe('an answer that would be too large is refused, and nobody else notices:', () => {
  testOnLinux.each(Object.entries(attacks))(
    '%s',
    async (_name, bodyOf) => {
      const body = bodyOf();
      const { result, ...load } = await loadDuring(server, async () => {
        const get = new URL(server.url);
        get.searchParams.set('query', body.query);
        get.searchParams.set('variables', JSON.stringify(body.variables ?? {}));
        return [
          ...(await Promise.all(numbers(8).map(() => client.post(body)))),
          // By Yoga and graphql-js.
          ...(get.href.length < 10_000
            ? [
                (await (await fetch(get, { headers: { 'x-user-id': user } })).json()) as Awaited<
                  ReturnType<Client['post']>
                >,
              ]
            : []),
        ];
      });
      for (const { errors, data } of result) {
        expect(codesOf(errors)).toEqual(['ANSWER_TOO_LARGE']);
        expect(data).toBeNull();
      }
      expectBounded(load);
    },
    60_000,
  );

  testOnLinux('and one that is not is given, whatever stands in it', async () => {
    const { data, errors } = await client.post({ query: session('messages { nodes { toolCalls } }') });
    expect(errors).toEqual([]);
    expect(data).toEqual({ chatSession: { messages: { nodes: numbers(22).map(() => ({ toolCalls })) } } });
  });
});

/** Sends a request, and reads nothing of what comes. */
async function askAndStall(query: string, accept: string): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const body = JSON.stringify({ query });
  socket.pause();
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-user-id: ${user}\r\ncontent-type: application/json\r\naccept: ${accept}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

testOnLinux(
  'forty answers of 11 MB that nobody reads take bounded memory',
  async () => {
    const query = session('messages { nodes { a: toolCalls b: toolCalls } }');
    const load = await loadDuring(server, async () => {
      const sockets: Socket[] = [];
      for (const round of numbers(10)) {
        sockets.push(...(await Promise.all(numbers(4).map(() => askAndStall(query, 'application/json')))));
        await until(async () => (await client.post({ query: '{ viewer { kind } }' })).errors.length === 0);
        expect(sockets).toHaveLength(4 * (round + 1));
      }
      await until(() => server.log.some(({ msg }) => msg.startsWith('Clients read too little')));
      for (const socket of sockets) socket.destroy();
    });
    expectBounded(load);
  },
  60_000,
);

testOnLinux(
  'sixty streams that nobody reads take bounded memory',
  async () => {
    const { id } = await createSession(client);
    const query = `subscription { chatSessionChanges(sessionId: "${id}") { ... on ChatMessagesAppended { chatMessages { toolCalls } } } }`;
    const load = await loadDuring(server, async () => {
      const sockets = await Promise.all(numbers(60).map(() => askAndStall(query, 'text/event-stream')));
      for (const n of numbers(4))
        await appended(
          client,
          id,
          numbers(24).map((m) => ({ role: 'ASSISTANT', name: `${n} ${m}`, toolCalls })),
        );
      await until(() => server.log.filter(({ msg }) => msg.startsWith('Clients read too little')).length > 1);
      for (const socket of sockets) socket.destroy();
    });
    expectBounded(load);
  },
  60_000,
);
