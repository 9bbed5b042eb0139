import { afterEach, expect, test } from '@jest/globals';
import { Random } from '../support/chaos/random.js';
import { createClient } from '../support/client.js';
import { startDatabaseProxy, type DatabaseProxy } from '../support/database-proxy.js';
import { Append, createSession, numbers } from '../support/ledger.js';
import { newUser } from '../support/test-app.js';
import { watchesAttacks } from '../support/attacked-server.js';
import { testOnLinux } from '../support/server-load.js';
import { until } from '../support/until.js';
import { rounds } from './report.js';
import { setsStage } from './stage.js';

const stage = setsStage();
let proxy: DatabaseProxy | undefined;
afterEach(() => proxy?.close());

async function openBehindProxy() {
  proxy = await startDatabaseProxy(await stage.postgres.newDatabase());
  // What waits for the rest of a message that never comes is to end soon.
  const environment = { DATABASE_TIMEOUT_MILLISECONDS: '3000' };
  return { proxy, scene: await stage.open(environment, proxy.url) };
}

/** Changes the messages of a type, given without type and length. */
function inMessages(type: string, change: (body: Buffer) => void): (answer: Buffer) => Buffer {
  return (answer) => {
    for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readUInt32BE(at + 1)) {
      if (answer[at] === type.charCodeAt(0)) change(answer.subarray(at + 5));
    }
    return answer;
  };
}

/** A row without columns, and the end of an answer. */
const unasked = Buffer.from('D\0\0\0\x06\0\0C\0\0\0\x07ok\0Z\0\0\0\x05I', 'latin1');

const damages: Record<string, (answer: Buffer) => Buffer> = {
  'rows with more columns than they have': inMessages('D', (row) => row.writeInt16BE(999)),
  'rows with more columns than were described': inMessages('T', (description) => description.writeInt16BE(0)),
  'rows with less than no column': inMessages('D', (row) => row.writeInt16BE(-1)),
  'texts that go on behind their message': inMessages('D', (row) => row.writeInt32BE(1_000_000, 2)),
  'texts of less than no length': inMessages('D', (row) => row.writeInt32BE(-2, 2)),
  'columns that are not described': inMessages('T', (description) => description.writeInt16BE(999)),
  'messages of a type that there is not': (answer) => Buffer.concat([Buffer.from([1]), answer.subarray(1)]),
  'an error that does not end': () => Buffer.from('E\0\0\0\x0aSERROR', 'latin1'),
  'messages that nobody has asked for': (answer) => Buffer.concat([answer, unasked]),
  'answers in front of their own': (answer) => Buffer.concat([unasked, answer]),
  'zeros alone': (answer) => answer.fill(0),
};

/** What others may get while the answers of the database are damaged. */
const failures = ['SERVICE_UNAVAILABLE', 'TIMEOUT', 'INTERNAL_SERVER_ERROR'];

testOnLinux.each(Object.entries(damages))('%s break their connection alone', async (_name, damage) => {
  const { proxy, scene } = await openBehindProxy();
  const traffic = await scene.traffic();
  const times = rounds(2);
  const survives = await watchesAttacks(scene.server);
  await survives(async () => {
    for (let round = 0; round < times; round += 1) {
      await traffic.acknowledges(5);
      proxy.damage = damage;
      await traffic.refuses(2);
      proxy.damage = undefined;
    }
  }, failures);
  await scene.survived('answers of the database damaged', times, traffic);
});

test('whatever bits of the answers change, requests are answered and the process lives', async () => {
  const { proxy, scene } = await openBehindProxy();
  const client = createClient(scene.server.url, { 'x-user-id': newUser() });
  const { id: sessionId } = await createSession(client);
  const random = new Random(7);
  proxy.damage = (answer) => {
    const at = random.between(0, answer.length - 1);
    answer.writeUInt8(answer.readUInt8(at) ^ (1 << random.between(0, 7)), at);
    return answer;
  };
  const reads = [
    'query ($id: ID!) { chatSession(id: $id) { title messages(last: 5) { edges { cursor node { content } } } } }',
    '{ chatSessions { nodes { id title revision } } }',
  ];
  for (const content of numbers(rounds(30)).map(String)) {
    const input = { sessionId, message: { role: 'USER', content } } as const;
    const answers = await Promise.all([
      client.run(Append, { input }),
      ...reads.map((query) => client.post({ query, variables: { id: sessionId } })),
    ]);
    for (const { data, errors } of answers) expect(data ?? errors[0]?.extensions.code).toBeDefined();
  }
  proxy.damage = undefined;
  // Connections that were damaged last are only found out when they are used.
  await until(async () => {
    const answers = await Promise.all(numbers(10).map(() => client.post({ query: reads[1] })));
    return answers.every(({ errors }) => errors.length === 0);
  });
  await scene.survived('bits of the answers of the database changed', rounds(30));
});
