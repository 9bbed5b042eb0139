import type { Client } from '../../support/client.js';
import { appended, createSession, numbers, updated } from '../../support/ledger.js';

/** What a user has stored, as wide and as long as limits allow. */
export interface World {
  /** Sessions with as much as limits allow: in their messages, in their number, in a stream. */
  readonly full: readonly string[];
  /** All sessions that are not deleted. */
  readonly sessions: readonly string[];
  readonly messages: readonly { readonly sessionId: string; readonly id: string }[];
  /** Sessions that may be deleted. */
  readonly unimportant: readonly string[];
}

export async function fillWorld(client: Client): Promise<World> {
  const keys = Object.fromEntries(numbers(20_000).map((n) => [`k${String(n).padStart(5, '0')}`, n % 10]));
  const toolCalls = [{ id: 'call', function: { name: 'f', arguments: 'x'.repeat(250_000) } }];
  const many = Array.from({ length: 80_000 }, () => ({}));

  const wide = await createSession(client, {
    credentials: { key: 'y'.repeat(250_000) },
    title: 't'.repeat(500),
  });
  const stored: { sessionId: string; id: string }[] = [];
  for (const n of numbers(22)) {
    const calls = n % 4 === 0 ? [{ many }] : toolCalls;
    const content = '"'.repeat(n % 2 === 0 ? 0 : 100_000);
    for (const { id } of await appended(client, wide.id, [{ role: 'ASSISTANT', content, toolCalls: calls }]))
      stored.push({ sessionId: wide.id, id });
  }
  await appended(client, wide.id, [{ role: 'TOOL', toolCallId: 'call', content: 'z'.repeat(1_000_000) }]);

  const long = await createSession(client, { successfulAgentRuns: keys, successfulAgentSchedules: keys });
  for (const n of numbers(4)) {
    const messages = numbers(500).map(
      (m) => ({ role: 'USER', name: 'n'.repeat(500), content: `${n} ${m}` }) as const,
    );
    const [first] = await appended(client, long.id, messages);
    if (first) stored.push({ sessionId: long.id, id: first.id });
  }

  const streamed = await createSession(client);
  const start = `mutation ($id: ID!) { startChatMessage(input: { sessionId: $id }) { ... on StartChatMessageSuccess { chatMessage { id } } } }`;
  const { data } = await client.post({ query: start, variables: { id: streamed.id } });
  const messageId = (data as { startChatMessage: { chatMessage: { id: string } } }).startChatMessage
    .chatMessage.id;
  const extend = `mutation ($sessionId: ID!, $messageId: ID!, $offset: Int!, $delta: String!) {
    extendChatMessage(input: { sessionId: $sessionId, messageId: $messageId, offset: $offset, delta: $delta }) { __typename }
  }`;
  for (const n of numbers(300))
    await client.post({
      query: extend,
      variables: { sessionId: streamed.id, messageId, offset: 3_000 * n, delta: 'd'.repeat(3_000) },
    });
  stored.push({ sessionId: streamed.id, id: messageId });

  const others: string[] = [];
  for (const n of numbers(100)) {
    const { id } = await createSession(client, { title: `${n}`, credentials: { key: 'y'.repeat(10_000) } });
    await appended(
      client,
      id,
      numbers(20).map((m) => ({ role: 'USER', content: `${m}`.repeat(1_000) }) as const),
    );
    others.push(id);
  }
  await updated(client, { id: streamed.id, credentials: keys });
  return {
    full: [wide.id, long.id, streamed.id],
    sessions: [wide.id, long.id, streamed.id, ...others.slice(0, 60)],
    messages: stored,
    unimportant: others.slice(60),
  };
}
