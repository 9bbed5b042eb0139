import { beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import { appended, createSession, fromUser } from '../support/ledger.js';
import { SessionChanges } from '../support/session-record.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { watchWays } from '../support/watch.js';

// What a database is when it was replaced by another one is in test/faults/failover. Here it only says that it is another.

const start = startsTestApps();

const Polled = graphql(`
  query EpochsPolled($id: ID!, $afterRevision: Int, $epoch: String) {
    chatSession(id: $id) {
      revision
      epoch
      changes(afterRevision: $afterRevision, epoch: $epoch) {
        revision
        epoch
        changes {
          epoch
        }
      }
    }
    node(id: $id) {
      ... on ChatSession {
        epoch
      }
    }
    chatSessions(first: 1) {
      nodes {
        epoch
        messages(last: 1) {
          nodes {
            sequence
          }
        }
      }
    }
  }
`);
const Titled = graphql(`
  mutation EpochsTitled($input: UpdateChatSessionInput!) {
    updateChatSession(input: $input) {
      ... on UpdateChatSessionSuccess {
        chatSession {
          revision
          epoch
        }
      }
    }
  }
`);

let app: TestApp;
beforeAll(async () => {
  app = await start({ LIVE_POLL_MILLISECONDS: '200' });
});

const beginEpoch = (name: string) =>
  app.database.sql.query(
    `CREATE OR REPLACE FUNCTION chatledger_epoch() RETURNS text LANGUAGE sql STABLE AS $$ SELECT '${name}' $$`,
  );

async function aSession() {
  const user = newUser();
  const client = app.as(user);
  const { id } = await createSession(client);
  await appended(client, id, fromUser('one', 'two'));
  const poll = async (position: { afterRevision?: number; epoch?: string } = {}) => {
    const data = await client.runOk(Polled, { id, ...position });
    if (!data.chatSession) throw new Error('It is there.');
    return { ...data, ...data.chatSession };
  };
  return { client, id, poll, headers: { 'x-user-id': user } };
}

test('whatever gives a revision of a session gives its epoch, and all the same one', async () => {
  const { client, id, poll } = await aSession();
  const { epoch, changes, node, chatSessions } = await poll();
  expect(epoch).toMatch(/^[0-9a-f]{16}$/);
  expect(changes).toEqual({ revision: 1, epoch, changes: [{ epoch }] });
  expect(node).toEqual({ epoch });
  expect(chatSessions.nodes).toEqual([{ epoch, messages: { nodes: [{ sequence: 1 }] } }]);
  const { updateChatSession } = await client.runOk(Titled, { input: { id, title: 'A' } });
  expect(updateChatSession).toEqual({ chatSession: { revision: 2, epoch } });
  expect((await poll({ afterRevision: 1, epoch })).changes).toMatchObject({ revision: 2, epoch });
});

describe('in another epoch', () => {
  test('who polls with a position is refused, and is served without its epoch, or from the new one', async () => {
    const { client, id, poll } = await aSession();
    await beginEpoch('a');
    const { revision, epoch } = await poll();
    await beginEpoch('b');
    const error = await client.run(Polled, { id, afterRevision: revision, epoch });
    expect(error.errors).toMatchObject([{ extensions: { code: 'CONFLICT', retryable: false } }]);
    expect((await poll({ afterRevision: revision })).changes.epoch).toBe('b');
    expect((await poll({ afterRevision: revision, epoch: 'b' })).changes.changes).toEqual([]);
  });

  test.each(watchWays)(
    'a stream that waits ends with CONFLICT, at the same revision: $way',
    async ({ watch }) => {
      const { id: sessionId, headers } = await aSession();
      await beginEpoch('a');
      const position = { sessionId, afterRevision: 1, epoch: 'a' };
      const stream = await watch(app.url, headers, SessionChanges, position);
      expect(await stream.nextData()).toMatchObject({
        chatSessionChanges: { __typename: 'ChatSessionCaughtUp', revision: 1 },
      });
      // Nothing has happened to the session, and no hint comes.
      await beginEpoch('b');
      const conflict = { errors: [{ extensions: { code: 'CONFLICT', retryable: false } }] };
      expect(await stream.next()).toMatchObject(conflict);
      expect(await stream.next()).toBeUndefined();
      const again = await watch(app.url, headers, SessionChanges, position);
      expect(await again.next()).toMatchObject(conflict);
      const anew = await watch(app.url, headers, SessionChanges, { ...position, epoch: 'b' });
      await anew.nextData();
      anew.stop();
    },
  );

  test('nobody learns by it whether there is a session of somebody else', async () => {
    const { id } = await aSession();
    const stranger = app.as(newUser());
    await beginEpoch('a');
    for (const epoch of ['a', 'b']) {
      const [theirs, none] = await Promise.all(
        [id, '018f4d6e-5c1a-7cc3-9d0b-3f6a1e2b4c5e'].map((sessionId) =>
          stranger.post(
            {
              query:
                'subscription ($id: ID!, $e: String) { chatSessionChanges(sessionId: $id, epoch: $e) { revision } }',
              variables: { id: sessionId, e: epoch },
            },
            { accept: 'text/event-stream' },
          ),
        ),
      );
      const codes = [theirs, none].map((answer) => answer?.errors[0]?.extensions.code);
      expect(codes).toEqual(epoch === 'a' ? ['NOT_FOUND', 'NOT_FOUND'] : ['CONFLICT', 'CONFLICT']);
    }
  });
});
