import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect } from '@jest/globals';
import { startsAttackedServer } from '../support/attacked-server.js';
import { createClient, type Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { testCredentialsKey } from '../support/credentials.js';
import { appended, createSession, numbers } from '../support/ledger.js';
import { testOnLinux } from '../support/server-load.js';
import { newUser } from '../support/test-app.js';
import { until } from '../support/until.js';

const attacked = startsAttackedServer({ CREDENTIALS_KEYS: testCredentialsKey });
let user: string;
let client: Client;
let sessionId: string;
let namesId: string;
const messageIds: string[] = [];

const toolCalls = [{ id: 'a', type: 'function', function: { name: 'b', arguments: 'x'.repeat(250_000) } }];

beforeAll(async () => {
  user = newUser();
  client = createClient(attacked.process.url, { 'x-user-id': user });
  sessionId = (await createSession(client, { credentials: { key: 'y'.repeat(250_000) } })).id;
  for (const message of numbers(22)) {
    const [{ id } = { id: '' }] = await appended(client, sessionId, [
      { role: 'ASSISTANT', name: `${message}`, toolCalls },
    ]);
    messageIds.push(id);
  }
  namesId = (await createSession(client)).id;
  const named = numbers(500).map(() => ({ role: 'USER', name: 'n'.repeat(500) }) as const);
  await appended(client, namesId, named);
}, 60_000);

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
  'a wide column 99 times by the ids of messages': () => ({
    query: `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ChatMessage { ${many('toolCalls')} } } }`,
    variables: { ids: messageIds },
  }),
  'the last message of a session 99 times': () => ({
    query: session(many('lastMessage { toolCalls }')),
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
      const result = await attacked.survives(async () => {
        const get = new URL(attacked.process.url);
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
    },
    60_000,
  );

  testOnLinux('and one that is not is given, whatever stands in it', async () => {
    const { data, errors } = await client.post({ query: session('messages { nodes { toolCalls } }') });
    expect(errors).toEqual([]);
    expect(data).toEqual({ chatSession: { messages: { nodes: numbers(22).map(() => ({ toolCalls })) } } });
  });
});

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Sends a request, and reads nothing of its answer unless it is resumed. */
async function askAndStall(query: string, accept: string): Promise<Socket> {
  const socket = connect(Number(new URL(attacked.process.url).port), '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const body = JSON.stringify({ query });
  socket.pause();
  socket.write(
    `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\nx-user-id: ${user}\r\ncontent-type: application/json\r\naccept: ${accept}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

/** How often the server has closed connections whose clients read too little. */
const closures = () =>
  attacked.process.log.filter(({ msg }) => msg.startsWith('Clients did not read their answers')).length;

testOnLinux.each([12, 40])(
  '%i answers of 11 MB that nobody reads take bounded memory',
  async (count) => {
    const query = session('messages { nodes { a: toolCalls b: toolCalls } }');
    const before = closures();
    await attacked.survives(async () => {
      await Promise.all(numbers(count).map(() => askAndStall(query, 'application/json')));
      await until(() => closures() > before);
    });
  },
  60_000,
);

/** A stream that has begun, and of which nothing more is read unless it is resumed. */
async function watchAndStall(query: string): Promise<Socket> {
  const socket = await askAndStall(query, 'text/event-stream');
  await once(socket.resume(), 'data');
  return socket.pause();
}

const changesOf = (id: string, selection: string) =>
  `subscription { chatSessionChanges(sessionId: "${id}") { ... on ChatMessagesAppended { chatMessages { ${selection} } } } }`;

testOnLinux(
  'an event that would be too large is refused, and nobody else notices',
  async () => {
    const { id } = await createSession(client);
    const text = await attacked.survives(async () => {
      const stream = await watchAndStall(changesOf(id, many('toolCalls')));
      let received = '';
      stream.setEncoding('utf8').on('data', (part) => (received += String(part)));
      stream.resume();
      await appended(
        client,
        id,
        numbers(3).map((n) => ({ role: 'ASSISTANT', name: `${n}`, toolCalls })),
      );
      await until(() => received.includes('ANSWER_TOO_LARGE'));
      return received;
    });
    expect(text).toMatch(/"data":null/);
    expect(text).toMatch(/"code":"ANSWER_TOO_LARGE"/);
  },
  60_000,
);

testOnLinux(
  'a hundred streams that nobody reads take bounded memory, and one more is refused',
  async () => {
    const { id } = await createSession(client);
    const query = changesOf(id, 'toolCalls');
    const before = closures();
    const refused = await attacked.survives(async () => {
      await Promise.all(numbers(100).map(() => watchAndStall(query)));
      const answer = await client.post({ query }, { accept: 'text/event-stream' });
      for (const n of numbers(3))
        await appended(
          client,
          id,
          numbers(24).map((m) => ({ role: 'ASSISTANT', name: `${n} ${m}`, toolCalls })),
        );
      await until(() => closures() > before + 1);
      return answer;
    });
    expect(codesOf(refused.errors)).toEqual(['RATE_LIMITED']);
  },
  60_000,
);
