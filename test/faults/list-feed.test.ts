import { expect, test } from '@jest/globals';
import { createChatledgerClient } from '@chatledger/client';
import { WatchList } from '../support/sidebar.js';
import { watch } from '../support/watch.js';
import { setsStage } from './stage.js';

// After a crash PostgreSQL may give ids again to transactions whose predecessors were read but not yet on disk. So what
// was told before says nothing of what happens then. A database that was stopped in good order goes on where it was.

const stage = setsStage();

/** A server with its database, and a user who follows the list there in two ways. */
async function aWatchedList() {
  const scene = await stage.open({ LIVE_POLL_MILLISECONDS: '1000' });
  const { url } = scene.server;
  const headers = { 'x-user-id': 'ann' };
  const ledger = createChatledgerClient({ url, headers, retry: { minDelay: 50, maxDelay: 200 } });
  const list = ledger.sessions.watchList();
  const next = async () => {
    const { value } = await list.next();
    if (!value) throw new Error('The SDK does not end it.');
    return value;
  };
  expect(await next()).toMatchObject({ __typename: 'UserChatSessionsCaughtUp', isStart: true });
  const raw = await watch(url, headers, WatchList, {});
  await raw.nextData();
  const { id } = (await ledger.sessions.create({ title: 'before' })).chatSession;
  expect(await next()).toMatchObject({ chatSession: { id } });
  const { userChatSessionChanges: told } = await raw.nextData();
  const open = (after: string) => watch(url, headers, WatchList, { after });
  return { ledger, list, next, raw, cursor: told.cursor, open, id };
}

test('after a crash of the database who follows a list is asked to read it anew, and the SDK says so', async () => {
  const { ledger, list, next, raw, cursor, open, id } = await aWatchedList();
  await stage.postgres.kill();
  await stage.postgres.start();
  expect(await raw.next()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });
  expect(await (await open(cursor)).next()).toMatchObject({ errors: [{ extensions: { code: 'CONFLICT' } }] });

  expect(await next()).toMatchObject({ __typename: 'UserChatSessionsCaughtUp', isStart: true });
  expect((await ledger.sessions.page()).nodes).toMatchObject([{ id }]);
  const { chatSession: later } = await ledger.sessions.create({ title: 'after' });
  expect(await next()).toMatchObject({ chatSession: { id: later.id } });
  await list.return(undefined);
});

test('a database that was stopped and started again goes on with the cursors that it gave', async () => {
  const { ledger, list, next, raw, cursor, open } = await aWatchedList();
  await stage.postgres.stop();
  await stage.postgres.start();
  const { id } = (await ledger.sessions.create({ title: 'after' })).chatSession;
  expect(await next()).toMatchObject({ chatSession: { id } });
  expect(await raw.nextData()).toMatchObject({ userChatSessionChanges: { chatSession: { id } } });
  const resumed = await open(cursor);
  expect(await resumed.nextData()).toMatchObject({ userChatSessionChanges: { chatSession: { id } } });
  expect(await resumed.nextData()).toMatchObject({
    userChatSessionChanges: { __typename: 'UserChatSessionsCaughtUp' },
  });
  for (const stream of [raw, resumed]) stream.stop();
  await list.return(undefined);
});
