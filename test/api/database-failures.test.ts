import { expect, test } from '@jest/globals';
import { createSession, readMessages } from '../support/ledger.js';
import { graphql } from '../support/generated/gql.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp({ DATABASE_TIMEOUT_MILLISECONDS: '1000' });

const Rename = graphql(`
  mutation DatabaseFailuresRename($input: UpdateChatSessionInput!) {
    updateChatSession(input: $input) {
      __typename
    }
  }
`);

/** What the log has of the failure of the last request. */
function failure(): unknown {
  return app.log.findLast(({ err }) => err !== undefined)?.['err'];
}

test.each([
  ['a read', 'SELECT', 'sessions_by_id', /src\/data\/statements\/by-id\.ts/],
  ['a write', 'UPDATE', 'update_session', /src\/ledger\/sessions\.ts/],
])('of %s the log has the class, the statement, and who asked for it', async (_, kind, name, caller) => {
  const client = app.as(newUser());
  const { id } = await createSession(client);
  const holder = await app.database.sql.connect();
  await holder.query('BEGIN; LOCK TABLE "ChatSession", "ChatMessage" IN ACCESS EXCLUSIVE MODE');
  try {
    if (kind === 'SELECT') await expect(readMessages(client, id)).rejects.toThrow();
    else {
      const { errors } = await client.run(Rename, { input: { id, title: 'new' } });
      expect(errors[0]?.extensions.code).toBe('TIMEOUT');
    }
  } finally {
    await holder.query('ROLLBACK');
    holder.release();
  }

  expect(failure()).toEqual({
    type: 'DatabaseError',
    kind: 'timeout',
    cause: '57014',
    statement: name,
    stack: expect.stringMatching(caller),
  });
});
