import { describe, expect, test } from '@jest/globals';
import {
  appendBatch,
  appended,
  appendOne,
  createSession,
  fromUser,
  member,
  readMessages,
  readSession,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

/** A session that holds messages at 10, 11 and 12. */
async function sessionWithThree() {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  await appended(client, id, fromUser('ten', 'eleven', 'twelve'), { startSequence: 10 });
  return { client, id };
}

describe('a sequence of the caller', () => {
  test('is honoured when it is free, and the server goes on from the highest', async () => {
    const { client, id } = await sessionWithThree();
    expect(await readSession(client, id)).toMatchObject({ messageCount: 3, nextSequence: 13, revision: 1 });
    const [next] = await appended(client, id, fromUser('next'));
    expect(next?.sequence).toBe(13);
  });

  test('may fill a place that was left out, which moves no number', async () => {
    const { client, id } = await sessionWithThree();
    const filled = await appendOne(client, id, { role: 'USER', content: 'four' }, 4);
    expect(member(filled, 'AppendChatMessageSuccess').chatMessage).toMatchObject({
      sequence: 4,
      revision: 2,
    });
    await appended(client, id, fromUser('eight', 'nine'), { startSequence: 8 });
    expect(await readSession(client, id)).toMatchObject({ messageCount: 6, nextSequence: 13, revision: 3 });
    expect((await readMessages(client, id)).map(({ content }) => content)).toEqual([
      'four',
      'eight',
      'nine',
      'ten',
      'eleven',
      'twelve',
    ]);
  });

  test('0 is a sequence like any other', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const first = await appendOne(client, id, { role: 'USER', content: 'a' }, 0);
    expect(first).toMatchObject({ chatMessage: { sequence: 0 } });
    expect(await appendOne(client, id, { role: 'USER', content: 'b' }, 0)).toMatchObject({
      __typename: 'SequenceConflictError',
      nextSequence: 1,
    });
  });

  test('that is taken is SequenceConflictError, and stores nothing', async () => {
    const { client, id } = await sessionWithThree();
    const before = await readSession(client, id);
    for (const sequence of [10, 11, 12]) {
      expect(await appendOne(client, id, { role: 'USER', content: 'x' }, sequence)).toEqual({
        __typename: 'SequenceConflictError',
        code: 'CONFLICT',
        message: 'A message with this sequence is already there. The next free one is 13.',
        nextSequence: 13,
      });
    }
    expect(await readSession(client, id)).toEqual(before);
    expect(await readMessages(client, id)).toHaveLength(3);
  });

  test.each([
    ['at its end', 8, 3],
    ['at its start', 12, 3],
    ['in the middle', 9, 9],
    ['wholly', 10, 3],
  ])('of a batch that overlaps %s is the same error', async (_where, startSequence, length) => {
    const { client, id } = await sessionWithThree();
    const before = await readSession(client, id);
    const batch = fromUser(...Array<string>(length).fill('x'));
    expect(await appendBatch(client, id, batch, { startSequence })).toMatchObject({
      __typename: 'SequenceConflictError',
      nextSequence: 13,
    });
    expect(await readSession(client, id)).toEqual(before);
    expect(await readMessages(client, id)).toHaveLength(3);
  });

  test('of a batch may touch what is there at either end', async () => {
    const { client, id } = await sessionWithThree();
    await appended(client, id, fromUser('a', 'b'), { startSequence: 8 });
    await appended(client, id, fromUser('c', 'd'), { startSequence: 13 });
    expect((await readMessages(client, id)).map(({ sequence }) => sequence)).toEqual([
      8, 9, 10, 11, 12, 13, 14,
    ]);
  });

  test('goes up to 1,000,000,000, and the server goes on from there', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    await appended(client, id, fromUser('a', 'b'), { startSequence: 1_000_000_000 });
    const [next] = await appended(client, id, fromUser('c'));
    expect(next?.sequence).toBe(1_000_000_002);
    expect(await readMessages(client, id)).toHaveLength(3);
  });

  test('chosen by many at once goes to one of them', async () => {
    const { client, id } = await sessionWithThree();
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, writer) =>
        appendOne(client, id, { role: 'USER', content: `writer ${writer}` }, 20),
      ),
    );
    const kinds = results.map(({ __typename }) => __typename).sort();
    expect(kinds).toEqual(['AppendChatMessageSuccess', ...Array<string>(11).fill('SequenceConflictError')]);
    expect(await readSession(client, id)).toMatchObject({ messageCount: 4, nextSequence: 21, revision: 2 });
  });
});
