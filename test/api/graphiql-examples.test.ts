import { beforeAll, expect, test } from '@jest/globals';
import { parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Example } from '../../src/http/graphiql/examples/example.js';
import { examples } from '../../src/http/graphiql/examples/examples.js';
import { schema } from '../../src/schema/schema.js';
import { startsTestApps, type TestApp } from '../support/test-app.js';
import { watch } from '../support/watch.js';

const start = startsTestApps();
let app: TestApp;
beforeAll(async () => {
  app = await start();
});

const alice = { 'x-user-id': 'alice' };
const nameOf = ({ query }: Example) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1] ?? '';
const isLive = ({ query }: Example) => /^subscription /m.test(query);

/** Runs an example as GraphiQL sends it. @returns the fields of its data; of a subscription those of its first event */
async function run(example: Example): Promise<Record<string, unknown>> {
  const { query, variables = {} } = example;
  if (isLive(example)) {
    const stream = await watch(app.url, alice, query, variables);
    const event = await stream.nextData();
    stream.stop();
    return event as Record<string, unknown>;
  }
  const { data, errors } = await app.withHeaders(alice).post({ query, variables });
  expect({ example: nameOf(example), errors }).toEqual({ example: nameOf(example), errors: [] });
  return data as Record<string, unknown>;
}

/** Runs all of these in order. None may fail, in the way of GraphQL or in that of the result unions. */
async function runAll(some: readonly Example[]): Promise<Record<string, unknown>> {
  const answers: Record<string, unknown> = {};
  for (const example of some) {
    const data = await run(example);
    expect(JSON.stringify(data)).not.toMatch(/"code":/);
    answers[nameOf(example)] = Object.values(data)[0];
  }
  return answers;
}

test('every example of GraphiQL runs when those before it have run, again, and from the start', async () => {
  expect(new Set(examples.map(nameOf)).size).toBe(examples.length);
  const [deletion, ...others] = [...examples].reverse();
  const untilDeletion = others.reverse();

  const first = await runAll(untilDeletion);
  expect(first).toMatchObject({
    WhoAmI: { kind: 'USER', userId: 'alice' },
    CreateSession: { created: true, chatSession: { userId: 'alice', title: 'Weather' } },
    AppendOne: { replayed: false, chatMessage: { sequence: 0 } },
    AppendBatch: { replayed: false, chatMessages: [{ sequence: 1 }, { sequence: 2 }] },
    WriteToolResult: { chatMessage: { sequence: 2, content: '{"rain_mm": 6.5}' } },
    UpdateSession: { chatSession: { title: 'Rain in Zurich', totalPromptTokens: 120 } },
    ListSessions: { totalCount: 1, nodes: [{ messageCount: 3, messages: { nodes: [{}, {}, {}] } }] },
    // The next example goes on from the cursor of this one.
    OpenSession: { messages: { pageInfo: { hasPreviousPage: true, startCursor: cursorOf('ScrollBack') } } },
    ScrollBack: { messages: { nodes: [{ sequence: 0 }], pageInfo: { hasPreviousPage: false } } },
    ById: { __typename: 'ChatMessage', session: { title: 'Rain in Zurich' } },
    ChangesSince: { changes: { changes: [{ revision: 3 }, { revision: 4 }], hasMore: false } },
    FollowSession: { __typename: 'ChatMessagesAppended', revision: 1 },
    FollowList: { __typename: 'UserChatSessionsCaughtUp' },
    StartAnswer: { replayed: false, chatMessage: { sequence: 3, status: 'IN_PROGRESS' } },
    ExtendAnswer: { replayed: false, length: 22 },
    FinishAnswer: { replayed: false, chatMessage: { status: 'COMPLETE', content: 'Yes, take an umbrella.' } },
  });

  expect(await runAll(untilDeletion)).toMatchObject({
    CreateSession: { created: false },
    AppendOne: { replayed: true },
    AppendBatch: { replayed: true },
    StartAnswer: { replayed: true },
    ExtendAnswer: { replayed: true },
    FinishAnswer: { replayed: true },
  });

  if (!deletion) throw new Error('There are no examples.');
  expect(await runAll([deletion])).toHaveProperty('DeleteSession.id');
  expect(await runAll(examples)).toMatchObject({
    CreateSession: { created: true },
    AppendOne: { replayed: false, chatMessage: { sequence: 0 } },
    FinishAnswer: { replayed: false },
  });
});

function cursorOf(name: string): string | undefined {
  return examples.find((example) => nameOf(example) === name)?.variables?.['before'];
}

test('the examples leave out nothing that can be asked, changed or followed, nor how it is paged', () => {
  const used = new Set<string>();
  for (const { query } of examples) {
    const info = new TypeInfo(schema);
    const note = () => {
      const field = `${info.getParentType()?.name ?? ''}.${info.getFieldDef()?.name ?? ''}`;
      used.add(field);
      const argument = info.getArgument();
      if (argument) used.add(`${field}(${argument.name})`);
    };
    visit(parse(query), visitWithTypeInfo(info, { Field: note, Argument: note }));
  }
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const all = roots.flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((name) => `${type?.name}.${name}`),
  );
  expect(all.length).toBeGreaterThan(10);
  expect(all.filter((field) => !used.has(field))).toEqual([]);
  expect(used).toContain('ChatSession.messages(before)');
  expect(used).toContain('ChatSession.changes(afterRevision)');
});
