import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { codesOf } from '../support/coded-errors.js';
import { graphql } from '../support/generated/gql.js';
import { send } from '../support/raw-http.js';
import { newUser, type TestApp, useTestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

const Create = graphql(`
  mutation SecLogCreate($input: CreateChatSessionInput!) {
    createChatSession(input: $input) {
      __typename
    }
  }
`);
const Append = graphql(`
  mutation SecLogAppend($input: AppendChatMessageInput!) {
    appendChatMessage(input: $input) {
      __typename
    }
  }
`);
const UpdateTool = graphql(`
  mutation SecLogUpdateTool($input: UpdateToolMessageContentInput!) {
    updateToolMessageContent(input: $input) {
      __typename
    }
  }
`);
const Update = graphql(`
  mutation SecLogUpdate($input: UpdateChatSessionInput!) {
    updateChatSession(input: $input) {
      __typename
    }
  }
`);

const app = useTestApp({ LOG_LEVEL: 'trace' });

const marker = 'MARKER';
/** What a person or a caller wrote, with lines in it that look like those of a stack. */
const written = `${marker}\n    at ${marker}`;

async function entriesOf(requestId: string) {
  const entries = () => app.log.filter((entry) => entry['requestId'] === requestId);
  // The line of a request is written when its answer has left, which the caller may see before.
  await until(() => entries().some(({ msg }) => msg === 'request'));
  return entries();
}

function expectNoMarker(): void {
  expect(app.log.filter((entry) => JSON.stringify(entry).includes(marker))).toEqual([]);
}

describe('the log', () => {
  test('has one line for each request, with its id, and nothing of what was written', async () => {
    const client = app.withHeaders({
      'x-user-id': `${newUser()}-${marker}`,
      authorization: `Bearer ${marker}`,
    });
    const id = randomUUID();
    const sessionId = id;
    const answers = [
      await client.run(Create, { input: { id, title: written, credentials: { [marker]: written } } }),
      await client.run(Append, {
        input: {
          sessionId,
          message: {
            role: 'TOOL',
            content: written,
            name: marker,
            toolCallId: marker,
            refusal: written,
            toolCalls: [{ [marker]: marker }],
            functionCall: { a: marker },
          },
        },
      }),
      await client.run(UpdateTool, {
        input: { sessionId, toolCallId: marker, content: `${written}!`, expectedContent: written },
      }),
      await client.run(Update, { input: { id, credentials: { a: marker }, jsonUpdate: 'MERGE' } }),
      // What is refused.
      await client.run(Create, { input: { id: marker } }),
      await client.run(Create, { input: { title: `${marker}\0` } }),
      await client.run(UpdateTool, {
        input: { sessionId, toolCallId: marker, content: marker, expectedContent: `not ${marker}` },
      }),
      await client.post({ query: `{ ${marker} }` }),
      await client.post({ query: `{ node(id: [${JSON.stringify(marker)}, 1.5]) { id } }` }),
      await client.post({
        query: Create.toString(),
        variables: { input: { credentials: [marker], [marker]: 1 } },
      }),
      await client.post(`{"query":"${marker}`),
    ];
    for (const { headers, errors } of answers) {
      const requestId = headers.get('x-request-id') ?? '';
      const entries = await entriesOf(requestId);
      expect(entries).toHaveLength(1);
      expect(entries[0]).toMatchObject({
        level: 'info',
        msg: 'request',
        method: 'POST',
        path: '/graphql',
        viewer: 'user',
      });
      expect(entries[0]?.['codes'] ?? []).toEqual([
        ...new Set(errors.map(({ extensions }) => extensions.code)),
      ]);
      for (const { extensions } of errors) expect(extensions.requestId).toBe(requestId);
    }
    expectNoMarker();
  });

  test('has nothing of the address but its path', async () => {
    const query = encodeURIComponent(`{ node(id: "${marker}") { id } }`);
    const answers = [
      await send(app.origin, `/graphql?query=${query}&variables={"a":"${marker}"}`),
      await send(app.origin, `/health?token=${marker}`),
      await send(app.origin, `/nowhere?token=${marker}`),
      await send(app.origin, '/graphql', {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: marker,
      }),
      await send(app.origin, '/graphql', { headers: { host: 'evil.example.com', 'x-user-id': marker } }),
    ];
    for (const { headers, status } of answers) {
      expect(await entriesOf(String(headers['x-request-id']))).toEqual([
        expect.objectContaining({ msg: 'request', status }),
      ]);
    }
    expectNoMarker();
  });

  test('has the beginning of a path that is long', async () => {
    for (const path of [`/${'x'.repeat(10_000)}`, `/${encodeURIComponent('\u00e9'.repeat(1_000))}?a`]) {
      const { headers, status } = await send(app.origin, path);
      expect(await entriesOf(String(headers['x-request-id']))).toEqual([
        expect.objectContaining({ msg: 'request', status, path: path.slice(0, 200) }),
      ]);
    }
  });

  test('has a line for a refusal with its code', async () => {
    const { headers } = await send(app.origin, '/graphql', { method: 'POST', body: '{}' });
    expect(await entriesOf(String(headers['x-request-id']))).toEqual([
      expect.objectContaining({ msg: 'request', status: 415, codes: ['UNSUPPORTED_MEDIA_TYPE'] }),
    ]);
  });
});

describe('a fault', () => {
  /** Makes the database quote in its errors what it was to store. */
  beforeAll(async () => {
    await app.database.sql.query(`
      CREATE FUNCTION quote_row() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF to_jsonb(NEW)::text LIKE '%FAULT%' THEN RAISE EXCEPTION 'can not store %', to_jsonb(NEW) ->> TG_ARGV[0]; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER quote_title BEFORE INSERT OR UPDATE ON "ChatSession" FOR EACH ROW EXECUTE FUNCTION quote_row('title');
      CREATE TRIGGER quote_content BEFORE INSERT OR UPDATE ON "ChatMessage" FOR EACH ROW EXECUTE FUNCTION quote_row('content');`);
  });

  const faulty = `FAULT ${written}`;
  const cases: Record<
    string,
    (
      client: ReturnType<TestApp['as']>,
      id: string,
    ) => Promise<{ headers: Headers; errors: readonly never[] | readonly object[] }>
  > = {
    'in a statement of Prisma': (client) => client.run(Create, { input: { title: faulty } }),
    'in a statement of ours': (client, sessionId) =>
      client.run(Append, { input: { sessionId, message: { role: 'USER', content: faulty } } }),
    'in an update': (client, id) => client.run(Update, { input: { id, title: faulty } }),
    'in what is stored: JSON that is no object': async (client, id) => {
      await app.database.sql.query('UPDATE "ChatSession" SET "successfulAgentRuns" = $2 WHERE id = $1', [
        id,
        `["${marker}"]`,
      ]);
      return client.post({ query: `{ chatSession(id: "${id}") { successfulAgentRuns } }` });
    },
  };

  test.each(Object.entries(cases))(
    'is told once to the log and hidden from the caller: %s',
    async (_where, provoke) => {
      const client = app.as(newUser());
      const id = randomUUID();
      await client.run(Create, { input: { id } });
      const { headers, errors } = (await provoke(client, id)) as Awaited<ReturnType<typeof client.post>>;
      const requestId = headers.get('x-request-id') ?? '';
      expect(codesOf(errors, requestId)).toEqual(['INTERNAL_SERVER_ERROR']);
      expect(errors[0]?.message).toBe('Internal server error.');
      expect(errors[0]?.extensions.path).toBeUndefined();

      const entries = await entriesOf(requestId);
      expect(entries.map(({ level, msg }) => ({ level, msg }))).toEqual([
        { level: 'error', msg: 'A request failed.' },
        { level: 'info', msg: 'request' },
      ]);
      const { err } = entries[0] as { err: { stack: string } };
      expect(err.stack).toMatch(/^ {4}at /);
      expectNoMarker();
    },
  );
});
