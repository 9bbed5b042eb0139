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

/** What takes no id of a session or a message. */
const withoutId = ['viewer', 'userChatSessionChanges'];

test('everything in the schema that takes an id is tried with ids of others', () => {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  const inSchema = types.flatMap((type) => Object.keys(type?.getFields() ?? {}));
  expect([...Object.keys(probes), ...withoutId].sort()).toEqual(inSchema.sort());
});

/** All that an answer says, but for the ids that were sent, and what each answer has of its own. */
function withoutIds(answer: unknown, session: string, id: string): string {
  return JSON.stringify(answer)
    .replaceAll(id, 'ID')
    .replaceAll(session, 'SESSION')
    .replaceAll(/"requestId":"[^"]*"/g, '"requestId":"REQUEST"');
}

/** The session that is named beside the id: where the id is of somebody else, and where it is new. */
const sessions: readonly [string, (own: Ids, owned: Ids) => string][] = [
  ['its own session', (own) => own.session],
  ["the owner's session", (_own, owned) => owned.session],
  ['no session', () => randomUUID()],
];
const cases = Object.entries(probes).flatMap(([name, probe]) =>
  sessions.map(([where, sessionOf]) => ({ name, probe, where, sessionOf })),
);

// It says the same of an id that stands for something of another user as of one that stands for nothing.
test.each(cases)(
  'can find no id of another user by $name with $where',
  async ({ name, probe, sessionOf }) => {
    const owned = await seed(app.as(newUser()));
    const before = await rowsOf(owned);
    // That the whole id of a session is taken shows to those who create one.
    const ids = [owned.message, owned.answer, ...(name === 'createChatSession' ? [] : [owned.session])];
    const headers = name.endsWith('Changes') ? { accept: 'text/event-stream' } : {};
    for (const id of ids) {
      const answers = [];
      for (const each of [id, randomUUID()]) {
        const stranger = app.as(newUser());
        const session = sessionOf(await seed(stranger), owned);
        // What is named beside it is not what is asked about.
        const named = session === each ? randomUUID() : session;
        const { status, data, errors } = await stranger.post({ query: probe(named, each) }, headers);
        answers.push(withoutIds({ status, data, errors }, named, each));
      }
      expect(answers[0]).toBe(answers[1]);
    }
    expect(await rowsOf(owned)).toEqual(before);
  },
);
