import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import {
  AppendBatch,
  appendBatch,
  appended,
  createSession,
  fromUser,
  readMessages,
  readSession,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

async function newSession() {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const state = async () => ({
    session: await readSession(client, id),
    messages: await readMessages(client, id),
  });
  return { client, id, state };
}

describe('an empty batch', () => {
  test.each([
    ['a session without messages', [], {}],
    ['a session with some', fromUser('a', 'b'), {}],
    ['a place that is free', fromUser('a'), { startSequence: 7 }],
    ['a place that is taken', fromUser('a'), { startSequence: 0 }],
  ])('succeeds and changes nothing, for %s', async (_what, messages, place) => {
    const { client, id, state } = await newSession();
    await appended(client, id, messages);
    const before = await state();
    expect(await appendBatch(client, id, [], place)).toEqual({
      __typename: 'AppendChatMessagesSuccess',
      replayed: false,
      chatMessages: [],
    });
    expect(await state()).toEqual(before);
  });

  test('is NotFoundError where there is no such session, or not for the caller', async () => {
    const { id, state } = await newSession();
    const before = await state();
    const stranger = app.as(newUser());
    for (const session of [id, randomUUID()])
      expect(await appendBatch(stranger, session, [])).toMatchObject({ __typename: 'NotFoundError' });
    expect(await appendBatch(app.as(), id, [])).toMatchObject({ __typename: 'AppendChatMessagesSuccess' });
    expect(await state()).toEqual(before);
  });

  test('has a place that is sound in itself', async () => {
    const { client, id } = await newSession();
    const { extensions } = await client.runError(AppendBatch, {
      input: { sessionId: id, messages: [], startSequence: -1 },
    });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'startSequence'] });
  });
});
