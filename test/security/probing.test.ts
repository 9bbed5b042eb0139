import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { schema } from '../../src/schema/schema.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { probes, type Ids } from './id-fields.js';
import { seed } from './seed.js';

const app = useTestApp();

async function rowsOf({ session }: Ids): Promise<unknown> {
  const { rows } = await app.database.sql.query<{ rows: unknown }>(
    `SELECT json_build_array(
       (SELECT to_json(s) FROM "ChatSession" s WHERE s.id = $1),
       (SELECT json_agg(m ORDER BY m.sequence) FROM "ChatMessage" m WHERE m."sessionId" = $1),
       (SELECT json_agg(st) FROM "ChatMessageStream" st WHERE st."sessionId" = $1),
       (SELECT json_agg(c) FROM "ChatMessageChunk" c WHERE c."sessionId" = $1)
     ) AS rows`,
    [session],
  );
  return rows;
}

/** Mutations that name a session alone. */
const withoutMessage = ['updateChatSession', 'deleteChatSession'];

test('every mutation that names a message or brings an id is tried with ids of others', () => {
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
  expect([...Object.keys(probes), ...withoutMessage].sort()).toEqual(['node', 'nodes', ...mutations].sort());
});

// Whatever names a message or brings an id for one, in a session of the caller: it says the same of an id that stands
// for something of another user as of one that stands for nothing.
test.each(Object.entries(probes))(
  'can find no id of another user in its own session by %s',
  async (name, probe) => {
    const owned = await seed(app.as(newUser()));
    const before = await rowsOf(owned);
    // That the whole id of a session is taken shows to those who create one.
    const sessions = name === 'createChatSession' ? [] : [owned.session];
    for (const id of [owned.message, owned.answer, ...sessions]) {
      const answers = [];
      for (const each of [id, randomUUID()]) {
        const stranger = app.as(newUser());
        const own = await seed(stranger);
        const { data, errors } = await stranger.post({ query: probe(own.session, each) });
        answers.push(
          JSON.stringify({ data, errors }).replaceAll(each, 'ID').replaceAll(own.session, 'SESSION'),
        );
      }
      expect(answers[0]).toBe(answers[1]);
    }
    expect(await rowsOf(owned)).toEqual(before);
  },
);
