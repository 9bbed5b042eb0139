import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CreateChatSessionInput } from '../support/generated/graphql.js';
import {
  appended,
  appendOne,
  Create,
  createSession,
  Delete,
  fromUser,
  member,
  readSession,
  updated,
} from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

describe('createChatSession', () => {
  test('gives the session with its defaults', async () => {
    const user = newUser();
    const before = new Date().toISOString();
    const { createChatSession } = await app.as(user).runOk(Create, { input: {} });
    const { created, chatSession } = member(createChatSession, 'CreateChatSessionSuccess');
    expect(created).toBe(true);
    expect(chatSession).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      userId: user,
      title: null,
      credentials: {},
      successfulAgentRuns: {},
      successfulAgentSchedules: {},
      totalPromptTokens: 0,
      totalCompletionTokens: 0,
      messageCount: 0,
      nextSequence: 0,
      revision: 0,
      createdAt: chatSession.updatedAt,
      updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    expect(chatSession.createdAt >= before).toBe(true);
  });

  test('stores everything that it is given', async () => {
    const client = app.as(newUser());
    const input: CreateChatSessionInput = {
      id: randomUUID(),
      title: 'Ledgers',
      credentials: { key: 'secret' },
      successfulAgentRuns: { agent: 1 },
      successfulAgentSchedules: { agent: { deep: [2] } },
    };
    const session = await createSession(client, input);
    expect(session).toMatchObject(input);
    expect(await readSession(client, session.id)).toEqual(session);
  });

  test('takes null for everything that may be left out', async () => {
    const user = newUser();
    const session = await createSession(app.as(user), {
      id: null,
      userId: null,
      title: null,
      credentials: null,
      successfulAgentRuns: null,
      successfulAgentSchedules: null,
    });
    expect(session).toMatchObject({ userId: user, title: null, credentials: {}, successfulAgentRuns: {} });
  });

  test('takes a UUID of any version, and gives it back in small letters', async () => {
    const id = randomUUID();
    expect((await createSession(app.as(newUser()), { id: id.toUpperCase() })).id).toBe(id);
    const odd = `00000000-0000-0000-0000-${randomUUID().slice(-12)}`;
    expect((await createSession(app.as(newUser()), { id: odd })).id).toBe(odd);
  });

  test('with the same id again gives the session as it is now', async () => {
    const client = app.as(newUser());
    const id = randomUUID();
    await createSession(client, { id, title: 'first' });
    await appended(client, id, fromUser('a'));
    const session = await updated(client, { id, addPromptTokens: 1 });
    const { createChatSession } = await client.runOk(Create, { input: { id, title: 'second' } });
    expect(createChatSession).toEqual({
      __typename: 'CreateChatSessionSuccess',
      created: false,
      chatSession: session,
    });
  });

  test('may have the id of a message', async () => {
    const client = app.as(newUser());
    const { id: sessionId } = await createSession(client);
    const id = randomUUID();
    await appendOne(client, sessionId, { id, role: 'USER' });
    expect(await createSession(client, { id })).toMatchObject({ id, messageCount: 0 });
    expect(await readSession(client, sessionId)).toMatchObject({ messageCount: 1 });
  });

  test('by a service is for the user that it names', async () => {
    const user = newUser();
    const session = await createSession(app.as(), { userId: user });
    expect(await readSession(app.as(user), session.id)).toEqual(session);
  });
});

describe('deleteChatSession', () => {
  test('takes the messages with it', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client);
    const kept = await createSession(client);
    for (const session of [id, kept.id]) await appended(client, session, fromUser('a', 'b', 'c'));
    const { deleteChatSession } = await client.runOk(Delete, { input: { id } });
    expect(deleteChatSession).toEqual({ __typename: 'DeleteChatSessionSuccess', id, replayed: false });
    const { rows } = await app.database.sql.query(
      `SELECT s.id, (SELECT count(*)::int FROM "ChatMessage" m WHERE m."sessionId" = s.id) AS messages
       FROM unnest($1::uuid[]) AS s(id)`,
      [[id, kept.id]],
    );
    expect(rows).toEqual([
      { id, messages: 0 },
      { id: kept.id, messages: 3 },
    ]);
    await expect(readSession(client, id)).rejects.toThrow('There is no such session.');
  });

  describe('a second time', () => {
    const notFound = {
      __typename: 'NotFoundError',
      code: 'NOT_FOUND',
      message: 'There is no such session.',
    };
    const replayed = (id: string) => ({ __typename: 'DeleteChatSessionSuccess', id, replayed: true });
    async function deletedSession() {
      const owner = newUser();
      const { id } = await createSession(app.as(owner));
      await app.as(owner).runOk(Delete, { input: { id } });
      return { owner, id };
    }
    const deleteAs = async (user: string | undefined, id: string) =>
      (await app.as(user).runOk(Delete, { input: { id } })).deleteChatSession;

    test('is a replay, for its owner and for services', async () => {
      const { owner, id } = await deletedSession();
      expect(await deleteAs(owner, id)).toEqual(replayed(id));
      expect(await deleteAs(undefined, id)).toEqual(replayed(id));
      expect(await deleteAs(owner, id.toUpperCase())).toEqual(replayed(id));
    });

    test('is NotFoundError for everybody else, as for an id that never was', async () => {
      const { id } = await deletedSession();
      const stranger = newUser();
      expect(await deleteAs(stranger, id)).toEqual(notFound);
      expect(await deleteAs(stranger, randomUUID())).toEqual(notFound);
      expect(await deleteAs(undefined, randomUUID())).toEqual(notFound);
    });

    test("is each owner's own affair, when several had a session of this id", async () => {
      const { owner, id } = await deletedSession();
      const next = newUser();
      await createSession(app.as(next), { id, title: 'next' });
      expect(await deleteAs(owner, id)).toEqual(replayed(id));
      expect(await readSession(app.as(next), id)).toMatchObject({ title: 'next' });
      expect(await deleteAs(next, id)).toEqual({ ...replayed(id), replayed: false });
    });

    test('deletes the session that came back since', async () => {
      const { owner, id } = await deletedSession();
      await createSession(app.as(owner), { id });
      expect(await deleteAs(owner, id)).toEqual({ ...replayed(id), replayed: false });
      expect(await deleteAs(owner, id)).toEqual(replayed(id));
    });

    test('is NotFoundError once its tombstone is gone', async () => {
      const { owner, id } = await deletedSession();
      await app.database.sql.query('DELETE FROM "DeletedChatSession" WHERE id = $1', [id]);
      expect(await deleteAs(owner, id)).toEqual(notFound);
    });
  });

  test('frees its id, and those of its messages', async () => {
    const client = app.as(newUser());
    const { id } = await createSession(client, { title: 'first' });
    const message = { id: randomUUID(), role: 'USER', content: 'first' } as const;
    await appendOne(client, id, message);
    await client.runOk(Delete, { input: { id } });
    // The append was its first change, the deletion the second, its return the third: whoever followed it until then finds out.
    expect(await createSession(client, { id })).toMatchObject({ title: null, revision: 3, messageCount: 0 });
    expect(await appendOne(client, id, { ...message, content: 'second' })).toMatchObject({
      replayed: false,
      chatMessage: { id: message.id, sequence: 0, content: 'second' },
    });
  });
});
