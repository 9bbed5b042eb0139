import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { ChatMessageInput } from '../support/generated/graphql.js';
import { appended, createSession, updateContent } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

// PostgreSQL writes lists of messages as JSON where only their columns are asked for. With anything else beside them
// they are read as rows. Both must say the same.

const app = useTestApp();

const fields =
  '__typename id sessionId sequence role content name toolCallId refusal toolCalls functionCall revision status createdAt updatedAt';

const odd = `' " \\ \\u0000 \b\f\v \u007f \u2028\u2029 \ufeff 😀 </script> ${'x'.repeat(3_000)}`;

const messages: ChatMessageInput[] = [
  ...(['SYSTEM', 'DEVELOPER', 'USER', 'ASSISTANT', 'TOOL', 'FUNCTION'] as const).map((role) => ({ role })),
  {
    role: 'TOOL',
    content: odd,
    name: odd.slice(0, 400),
    toolCallId: 'call',
    refusal: odd,
    toolCalls: [{ z: 1, a: [odd, null, 1.5, 1e300, -0], ['__proto__']: { [odd]: {} } }, {}],
    functionCall: { name: 'f', 10: 1, 9: [] },
  },
  { role: 'ASSISTANT', toolCalls: [], content: '' },
];

/** A session with messages of all roles and all states. */
async function fullSession() {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  await appended(client, id, messages);
  await updateContent(client, { sessionId: id, toolCallId: 'call', content: `${odd} later` });
  for (const status of [null, 'FAILED', 'CANCELLED', 'COMPLETE']) {
    const messageId = randomUUID();
    const { data, errors } = await client.post({
      query: `mutation ($start: StartChatMessageInput!, $extend: ExtendChatMessageInput!) {
        startChatMessage(input: $start) { __typename }
        extendChatMessage(input: $extend) { __typename }
      }`,
      variables: {
        start: { sessionId: id, id: messageId, content: 'be' },
        extend: { sessionId: id, messageId, offset: 2, delta: `gun ${odd}` },
      },
    });
    expect({ data, errors }).toEqual({
      data: {
        startChatMessage: { __typename: 'StartChatMessageSuccess' },
        extendChatMessage: { __typename: 'ExtendChatMessageSuccess' },
      },
      errors: [],
    });
    if (status === null) continue;
    const finish =
      'mutation ($input: FinishChatMessageInput!) { finishChatMessage(input: $input) { __typename } }';
    await client.post({ query: finish, variables: { input: { sessionId: id, messageId, status } } });
  }
  return { client, id };
}

test.each([
  ['messages', 12],
  ['messages(first: 3)', 3],
  ['messages(last: 7)', 7],
  ['messages(first: 0)', 0],
  ['messages(after: "bVsyXQ")', 9],
  ['messages(last: 2, before: "bVs5XQ")', 2],
])('the JSON of %s says what rows say', async (list, count) => {
  const { client, id } = await fullSession();
  const ask = (beside: string) =>
    app.countingStatements(() =>
      client.post({
        query: `{
          chatSession(id: "${id}") { list: ${list} { totalCount nodes { ${fields} again: role } ${beside} } }
          chatSessions { nodes { id list: ${list} { nodes { ${fields} again: role } ${beside} } } }
        }`,
      }),
    );
  const json = await ask('');
  const rows = await ask('pageInfo { hasNextPage }');
  expect(json.statements.sort()).toEqual(['session_list_with_messages', 'sessions_with_messages_by_id']);
  expect(rows.statements).toEqual(expect.arrayContaining(['message_windows']));
  const shown = JSON.parse(
    JSON.stringify(rows.result, (key, value: unknown) => (key === 'pageInfo' ? undefined : value)),
  ) as { data: { chatSession: { list: { nodes: unknown[] } } } };
  expect({ data: json.result.data, errors: json.result.errors }).toEqual({ data: shown.data, errors: [] });
  expect(shown.data.chatSession.list.nodes).toHaveLength(count);
});

test('a batch is answered with what is stored', async () => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const { result, statements } = await app.countingStatements(() =>
    client.post({
      query: `mutation ($input: AppendChatMessagesInput!) {
        appendChatMessages(input: $input) {
          ... on AppendChatMessagesSuccess { replayed chatMessages { ${fields} again: role } }
          ... on Error { message }
        }
      }`,
      variables: { input: { sessionId: id, messages } },
    }),
  );
  expect(statements).toEqual(['append_messages_as_json']);
  const { data } = await client.post({
    query: `{ chatSession(id: "${id}") { messages { nodes { ${fields} again: role } pageInfo { hasNextPage } } } }`,
  });
  const read = data as { chatSession: { messages: { nodes: unknown[] } } };
  expect(result.data).toEqual({
    appendChatMessages: { replayed: false, chatMessages: read.chatSession.messages.nodes },
  });
});

test('names that PostgreSQL would cut off come back whole', async () => {
  const { client, id } = await fullSession();
  const [one, other] = ['a', 'b'].map((end) => `${'long'.repeat(30)}${end}`);
  const { data, errors } = await client.post({
    query: `{ chatSession(id: "${id}") { messages(first: 1) { nodes { ${one}: sequence ${other}: role } } } }`,
  });
  expect({ data, errors }).toEqual({
    data: { chatSession: { messages: { nodes: [{ [String(one)]: 0, [String(other)]: 'SYSTEM' }] } } },
    errors: [],
  });
});
