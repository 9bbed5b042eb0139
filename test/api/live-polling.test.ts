import { expect, test } from '@jest/globals';
import { appended, createSession, fromUser } from '../support/ledger.js';
import {
  contentsOf,
  readRecord,
  readUntil,
  readUntilCaughtUp,
  SessionChanges,
  SessionRecord,
} from '../support/session-record.js';
import { WatchList } from '../support/sidebar.js';
import { newUser, startsTestApps } from '../support/test-app.js';
import { watch } from '../support/watch.js';

const startTestApp = startsTestApps();

test('whoever is told nothing looks for it: what another process wrote is found without a hint', async () => {
  const polling = { LIVE_NOTIFY: 'off', LIVE_POLL_MILLISECONDS: '500' };
  const here = await startTestApp(polling);
  const there = await startTestApp({ ...polling, DATABASE_URL: here.database.url });
  const user = newUser();
  const { id: sessionId } = await createSession(there.as(user));
  const headers = { 'x-user-id': user };
  const session = await watch(here.url, headers, SessionChanges, { sessionId, afterRevision: 0 });
  const list = await watch(here.url, headers, WatchList, {});
  const record = new SessionRecord();
  await readUntilCaughtUp(session, record);
  expect(await list.nextData()).toMatchObject({
    userChatSessionChanges: { __typename: 'UserChatSessionsCaughtUp' },
  });

  for (const text of ['one', 'two', 'three']) {
    await appended(there.as(user), sessionId, fromUser(text));
    await readUntil(session, record, record.revision + 1);
  }
  expect(contentsOf(record)).toEqual(await readRecord(here.as(user), sessionId));
  expect(await list.nextData()).toMatchObject({
    userChatSessionChanges: { __typename: 'UserChatSessionMoved', chatSession: { id: sessionId } },
  });
  session.stop();
  list.stop();
});

test('nobody is passed over because others who came later have seen more', async () => {
  const polling = { LIVE_NOTIFY: 'off', LIVE_POLL_MILLISECONDS: '10000' };
  const here = await startTestApp(polling);
  const there = await startTestApp({ ...polling, DATABASE_URL: here.database.url });
  const user = newUser();
  const headers = { 'x-user-id': user };
  const { id: sessionId } = await createSession(there.as(user));
  const watchBoth = async () => {
    const session = await watch(here.url, headers, SessionChanges, { sessionId, afterRevision: 0 });
    const list = await watch(here.url, headers, WatchList, {});
    await list.nextData();
    return { session, list, record: new SessionRecord() };
  };
  const first = await watchBoth();
  await readUntilCaughtUp(first.session, first.record);

  await appended(there.as(user), sessionId, fromUser('unheard'));
  const second = await watchBoth();
  await readUntil(second.session, second.record, 1);
  await readUntil(first.session, first.record, 1);
  expect(contentsOf(first.record)).toEqual(contentsOf(second.record));
  expect(await first.list.nextData()).toMatchObject({
    userChatSessionChanges: { __typename: 'UserChatSessionMoved', chatSession: { id: sessionId } },
  });
  for (const { session, list } of [first, second]) {
    session.stop();
    list.stop();
  }
});
