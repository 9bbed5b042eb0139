import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { schema } from '../../src/schema/schema.js';
import type { Client } from '../support/client.js';
import { codesOf } from '../support/coded-errors.js';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, Delete, fromUser } from '../support/ledger.js';
import { send } from '../support/raw-http.js';
import { beginSocket } from '../support/socket.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { watchWays } from '../support/watch.js';
import { run } from './socket-calls.js';

const WatchList = graphql(`
  subscription SecVisibilityWatchList {
    userChatSessionChanges {
      __typename
      ... on UserChatSessionMoved {
        chatSession {
          id
        }
      }
    }
  }
`);

const app = useTestApp();

const stream = { accept: 'text/event-stream' };

/** A session with a message. */
async function seed(client: Client): Promise<{ id: string }> {
  const { id } = await createSession(client);
  await appended(client, id, fromUser('a question'));
  return { id };
}

/** Each subscription that takes an id. */
const watches: Record<string, (id: string) => string> = {
  chatSessionChanges: (id) => `subscription { chatSessionChanges(sessionId: "${id}") { revision } }`,
  'chatSessionChanges after a revision': (id) =>
    `subscription { chatSessionChanges(sessionId: "${id}", afterRevision: 1) { revision } }`,
  'chatSessionChanges after a revision that it does not have': (id) =>
    `subscription { chatSessionChanges(sessionId: "${id}", afterRevision: 1000) { revision } }`,
};

/** Subscriptions that take no id of a session; the tests below show what they do. */
const withoutSessionId = ['userChatSessionChanges'];

describe('a second user', () => {
  test('is shown below with every subscription of the schema', () => {
    const shown = [...Object.keys(watches), ...withoutSessionId].map((name) => name.split(' ')[0]);
    const inSchema = Object.keys(schema.getSubscriptionType()?.getFields() ?? {});
    expect([...new Set(shown)].sort()).toEqual(inSchema.sort());
  });

  test.each(Object.entries(watches))(
    '%s: cannot tell what it may not watch from nothing',
    async (_name, subscription) => {
      const owner = app.as(newUser());
      const [{ id: owned }, { id: deleted }] = [await seed(owner), await seed(owner)];
      await owner.runOk(Delete, { input: { id: deleted } });
      const headers = { 'x-user-id': newUser(), 'content-type': 'application/json', ...stream };
      const answers = [];
      for (const id of [randomUUID(), owned, deleted]) {
        const body = JSON.stringify({ query: subscription(id) });
        const {
          status,
          headers: got,
          text,
        } = await send(app.origin, '/graphql', { method: 'POST', headers, body });
        const requestId = String(got['x-request-id']);
        answers.push({
          status,
          headers: { ...got, date: undefined, 'x-request-id': undefined },
          text: text.replaceAll(requestId, 'REQUEST'),
        });
      }
      const [nothing] = answers;
      expect(nothing?.text).toContain('"code":"NOT_FOUND"');
      expect(answers).toEqual([nothing, nothing, nothing]);
    },
  );

  test.each(Object.entries(watches))(
    '%s: can not tell it over a socket either',
    async (_name, subscription) => {
      const owner = app.as(newUser());
      const [{ id: owned }, { id: deleted }] = [await seed(owner), await seed(owner)];
      await owner.runOk(Delete, { input: { id: deleted } });
      const socket = await beginSocket(app.url, { 'x-user-id': newUser() });
      const answers = [];
      for (const id of [randomUUID(), owned, deleted]) {
        const text = JSON.stringify(await run(socket, { query: subscription(id) }, '1'));
        answers.push(text.replace(/"requestId":"[^"]+"/, ''));
      }
      const [nothing] = answers;
      expect(nothing).toContain('"code":"NOT_FOUND"');
      expect(answers).toEqual([nothing, nothing, nothing]);
      socket.socket.close();
    },
  );

  test('may not watch the list of anybody else, whether or not there is one', async () => {
    const owner = newUser();
    await seed(app.as(owner));
    const stranger = app.as(newUser());
    const answers = [];
    for (const userId of [owner, newUser()]) {
      const query = 'subscription ($userId: ID) { userChatSessionChanges(userId: $userId) { cursor } }';
      const { data, errors } = await stranger.post({ query, variables: { userId } }, stream);
      expect(data ?? null).toBeNull();
      expect(codesOf(errors)).toEqual(['FORBIDDEN']);
      answers.push(
        errors.map(({ extensions, ...error }) => ({
          ...error,
          extensions: { ...extensions, requestId: '' },
        })),
      );
    }
    expect(answers[0]).toEqual(answers[1]);
  });

  test.each(watchWays)(
    'hears nothing of the sessions of others while it watches its list over $way',
    async ({ watch }) => {
      const user = newUser();
      const watched = await watch(app.url, { 'x-user-id': user }, WatchList, {});
      expect((await watched.nextData()).userChatSessionChanges).toEqual({
        __typename: 'UserChatSessionsCaughtUp',
      });
      await seed(app.as(newUser()));
      const own = await seed(app.as(user));
      expect((await watched.nextData()).userChatSessionChanges).toMatchObject({
        chatSession: { id: own.id },
      });
      watched.stop();
    },
  );
});
