import { expect, test } from '@jest/globals';
import { applyChange, conversationOf, createChatledgerClient } from '@chatledger/client';
import { readRecord, readUntilCaughtUp, SessionChanges, SessionRecord } from '../support/session-record.js';
import { watch } from '../support/watch.js';
import { report } from './report.js';
import { setsStage } from './stage.js';

// Where commits do not wait for the disk, a crash takes the last of them back, though watchers were told of them.
const stage = setsStage(['synchronous_commit = off']);

test('with synchronous_commit=off a crash of the database is told, and watchers read anew', async () => {
  const { server, sql } = await stage.open({ LIVE_POLL_MILLISECONDS: '1000' });
  const headers = { 'x-user-id': 'ann' };
  const retry = { retries: 100, minDelay: 50, maxDelay: 200 };
  const ledger = createChatledgerClient({ url: server.url, headers, retry });
  const { id } = (await ledger.sessions.create({})).chatSession;
  const say = (content: string) =>
    ledger.messages.append({ sessionId: id, message: { role: 'USER', content } });
  // All before it is on disk then. What follows may be lost.
  await sql.query('CHECKPOINT');
  await say('before');
  const raw = await watch(server.url, headers, SessionChanges, { sessionId: id, afterRevision: 0 });
  await readUntilCaughtUp(raw, new SessionRecord());
  const [session, page] = [await ledger.sessions.get(id), await ledger.messages.page({ sessionId: id })];
  if (!session || !page) throw new Error('It is there.');
  let conversation = conversationOf(session, page);
  const { revision: afterRevision, epoch } = conversation;
  const changes = ledger.sessions.watch(id, { afterRevision, epoch });
  expect(await changes.next()).toMatchObject({ value: { __typename: 'ChatSessionCaughtUp' } });

  await stage.postgres.kill();
  await stage.postgres.start();

  expect(await raw.next()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });
  const anew = await changes.next();
  expect(anew.value).toMatchObject({ __typename: 'ChatSessionReplaced' });
  if (anew.value) conversation = applyChange(conversation, anew.value);
  await say('after');
  for await (const change of changes) {
    conversation = applyChange(conversation, change);
    if (conversation.messages.at(-1)?.content === 'after') break;
  }
  const { messages, revision } = await readRecord(server.as('ann'), id);
  expect(conversation.revision).toBe(revision);
  expect(conversation.messages.map(({ content }) => content)).toEqual(messages.map(({ content }) => content));
  const fault = 'database killed, with synchronous_commit=off: all watchers are told';
  const { length: acknowledged } = messages;
  await report({ fault, times: 1, requests: acknowledged, codes: {}, slowest: 0, acknowledged });
});
