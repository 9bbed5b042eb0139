import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApp, type App } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { schema } from '../../src/schema/schema.js';
import { createClient } from '../support/client.js';
import { testCredentialsKey } from '../support/credentials.js';
import { nullPlaces } from '../../packages/text-executor/test/null-places.js';
import { Random } from '../support/chaos/random.js';
import { createRequests, type GeneratedRequest } from '../support/generated-requests.js';
import { hostileNames } from '../support/hostile-names.js';
import { jsonText } from '../support/json-text.js';
import { appended, createSession, updated } from '../support/ledger.js';
import { send } from '../support/raw-http.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { newUser } from '../support/test-app.js';

/** The ways that a request can take. The answers are to be the same, whatever its way. */
const ways = {
  'the fast path, which writes by a plan': { FAST_PATH: 'on' },
  'Yoga with graphql-js': { FAST_PATH: 'off' },
};

/** How many requests are made up: `REQUESTS=20000 npm test -- test/api/adapters` for more. */
const wanted = Number(process.env['REQUESTS'] ?? 500);

/** Times that each is sent: the first time a plan is made, and then there is one. */
const times = 2;

let database: TestDatabase;
let apps: { app: App; origin: string }[];
const user = newUser();
const ids: string[] = [];
const strings = ['', 'x', 'bVswXQ', 'bVsxXQ', 'call', newUser(), user];

beforeAll(async () => {
  database = await createTestDatabase();
  const environment = {
    PORT: '0',
    DATABASE_URL: database.url,
    MIGRATE: 'off',
    LOG_LEVEL: 'silent',
    CREDENTIALS_KEYS: testCredentialsKey,
  };
  apps = await Promise.all(
    Object.values(ways).map(async (way) => {
      const app = await createApp(readConfig({ ...environment, ...way }));
      return { app, origin: `http://127.0.0.1:${await app.listen()}` };
    }),
  );
  const client = createClient(`${apps[0]?.origin ?? ''}/graphql`, { 'x-user-id': user });
  for (const title of ['first', null]) {
    const { id } = await createSession(client, { title, credentials: { a: 1 } });
    const messages = await appended(client, id, [
      { role: 'USER', content: 'a \u{1F600} "quoted" \\ \n' },
      { role: 'ASSISTANT', toolCalls: [{ z: 1, a: [2, null] }], functionCall: { name: 'f' } },
      { role: 'TOOL', toolCallId: 'call', content: 'x', name: 'n', refusal: 'r' },
    ]);
    await updated(client, { id, totalPromptTokens: 3 });
    ids.push(id, ...messages.map((message) => message.id));
  }
  const stranger = createClient(`${apps[0]?.origin ?? ''}/graphql`, { 'x-user-id': newUser() });
  ids.push((await createSession(stranger)).id, randomUUID(), 'x', user);
});
afterAll(async () => {
  await Promise.all(apps.map(({ app }) => app.close()));
  await database.drop();
});

/** What a client can tell of an answer. */
async function answerTo({ body, accept }: GeneratedRequest, origin: string) {
  const { status, headers, text } = await send(origin, '/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-user-id': user,
      'x-request-id': 'the-same',
      ...(accept === undefined ? {} : { accept }),
    },
    body,
  });
  const { 'content-type': type, 'www-authenticate': authenticate, allow, connection } = headers;
  return { status, type, authenticate, allow, connection, answer: comparable(text) };
}

/**
 * The body with its keys in their order. When several fields fail and the same ancestor becomes null, timing decides
 * which error is reported. So the places of null are compared.
 */
function comparable(text: string): Comparable {
  const { data, errors = [], extensions } = JSON.parse(text) as Answer;
  if (!errors.some(({ path }) => path)) return { kind: data ? 'whole' : 'refused', text: jsonText(text) };
  const places = nullPlaces(errors, data);
  return { kind: 'failed', text: JSON.stringify({ data, places, extensions }) };
}

interface Comparable {
  readonly kind: 'whole' | 'failed' | 'refused';
  readonly text: string;
}

interface Answer {
  readonly data?: unknown;
  readonly extensions?: unknown;
  readonly errors?: readonly { readonly path?: readonly (string | number)[] }[];
}

test('a request gets the same answer on each way, the first time and again', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now());
  const next = createRequests(schema, new Random(seed), { ids, strings, bad: true, aliases: hostileNames });
  const seen = { whole: 0, failed: 0, refused: 0 };
  for (let n = 0; n < wanted; n += 1) {
    const request = next();
    const [reference, ...others] = await Promise.all(
      apps.map(async ({ origin }) => {
        const answers = [];
        for (let time = 0; time < times; time += 1) answers.push(await answerTo(request, origin));
        for (const answer of answers.slice(1))
          expect({ seed, n, request, answer }).toEqual({ seed, n, request, answer: answers[0] });
        return answers[0];
      }),
    );
    for (const other of others)
      expect({ seed, n, request, answer: other }).toEqual({ seed, n, request, answer: reference });
    if (reference) seen[reference.answer.kind] += 1;
  }
  // They are of all kinds, so that something was compared.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(wanted / 50);
}, 600_000);
