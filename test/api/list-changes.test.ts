import { describe, expect, test } from '@jest/globals';
import type { SidebarChangesSubscription } from '../support/generated/graphql.js';
import { appended, createSession, Delete, updated } from '../support/ledger.js';
import { readList, Sidebar, WatchList } from '../support/sidebar.js';
import { newUser, useTestApp } from '../support/test-app.js';
import { watch, type Watch } from '../support/watch.js';

const app = useTestApp();

function follow(user: string, after: string | null = null) {
  return watch(app.url, { 'x-user-id': user }, WatchList, { after });
}

const listOf = (user: string) => readList(app.as(user));

/** Applies changes until the sidebar shows what the ledger lists. */
async function catchUp(stream: Watch<SidebarChangesSubscription>, sidebar: Sidebar, user: string) {
  const wanted = JSON.stringify(await listOf(user));
  while (JSON.stringify(sidebar.items) !== wanted) {
    sidebar.apply((await stream.nextData()).userChatSessionChanges);
  }
}

/** Applies changes until the stream says that these were all. @returns them */
async function readUntilCaughtUp(stream: Watch<SidebarChangesSubscription>, sidebar: Sidebar) {
  const changes: SidebarChangesSubscription['userChatSessionChanges'][] = [];
  for (;;) {
    const change = (await stream.nextData()).userChatSessionChanges;
    sidebar.apply(change);
    changes.push(change);
    if (change.__typename === 'UserChatSessionsCaughtUp') return changes;
  }
}

describe('userChatSessionChanges', () => {
  test('keeps a sidebar right in every tab', async () => {
    const user = newUser();
    const client = app.as(user);
    const { id: older } = await createSession(client, { title: 'older' });
    const tabs = await Promise.all(
      [1, 2, 3].map(async () => {
        const stream = await follow(user);
        expect((await stream.nextData()).userChatSessionChanges).toMatchObject({
          __typename: 'UserChatSessionsCaughtUp',
        });
        return { stream, sidebar: new Sidebar(await listOf(user)) };
      }),
    );
    const inAllTabs = () => Promise.all(tabs.map(({ stream, sidebar }) => catchUp(stream, sidebar, user)));

    const { id: newer } = await createSession(client, { title: 'newer' });
    await inAllTabs();
    await appended(client, older, [{ role: 'USER', content: 'on top again' }]);
    await inAllTabs();
    await updated(client, { id: newer, title: 'renamed' });
    await inAllTabs();
    await client.runOk(Delete, { input: { id: older } });
    await inAllTabs();
    expect(tabs.map(({ sidebar }) => sidebar.items.map(({ title }) => title))).toEqual([
      ['renamed'],
      ['renamed'],
      ['renamed'],
    ]);
    for (const { stream } of tabs) stream.stop();
  });

  test('goes on after a cursor with everything that happened since', async () => {
    const user = newUser();
    const client = app.as(user);
    const sidebar = new Sidebar();
    const before = await follow(user);
    sidebar.apply((await before.nextData()).userChatSessionChanges);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await createSession(client, { title: `session ${n}` })).id);
    await catchUp(before, sidebar, user);
    before.stop();

    for (const id of ids.slice(0, 2)) await client.runOk(Delete, { input: { id } });
    await updated(client, { id: ids[2] ?? '', title: 'changed while away' });
    await createSession(client, { title: 'created while away' });
    const after = await follow(user, sidebar.cursor);
    await readUntilCaughtUp(after, sidebar);
    expect(sidebar.items).toEqual(await listOf(user));
    after.stop();
  });

  test('goes on after a cursor through any number of changes, in order of time', async () => {
    const user = newUser();
    const client = app.as(user);
    const first = await follow(user);
    const { cursor } = (await first.nextData()).userChatSessionChanges;
    first.stop();
    const ids = await Promise.all(
      Array.from({ length: 350 }, async (_, n) => (await createSession(client, { title: `${n}` })).id),
    );
    await Promise.all(ids.slice(0, 120).map((id) => client.runOk(Delete, { input: { id } })));

    const stream = await follow(user, cursor);
    const sidebar = new Sidebar();
    const changes = await readUntilCaughtUp(stream, sidebar);
    expect(sidebar.items).toEqual(await listOf(user));
    expect(changes.length).toBe(351);
    stream.stop();

    // Whoever breaks off anywhere misses nothing either, and is told nothing twice.
    for (const seen of [0, 1, 99, 100, 101, 200, 349, 350]) {
      const resumed = await follow(user, changes[seen]?.cursor);
      const rest = await readUntilCaughtUp(resumed, new Sidebar());
      const contents = (all: typeof changes) => all.map((change) => ({ ...change, cursor: null }));
      expect({ seen, rest: contents(rest).slice(0, -1) }).toEqual({
        seen,
        rest: contents(changes).slice(seen + 1, -1),
      });
      resumed.stop();
    }
  });

  test('tells of a session that was deleted and has come back as one that is there', async () => {
    const user = newUser();
    const client = app.as(user);
    const stream = await follow(user);
    const sidebar = new Sidebar();
    sidebar.apply((await stream.nextData()).userChatSessionChanges);
    const { id } = await createSession(client, { title: 'first' });
    await client.runOk(Delete, { input: { id } });
    await createSession(client, { id, title: 'second' });
    await catchUp(stream, sidebar, user);
    expect(sidebar.items).toMatchObject([{ id, title: 'second' }]);
    stream.stop();
  });

  test('tells nothing of other users', async () => {
    const [user, other] = [newUser(), newUser()];
    const stream = await follow(user);
    await stream.nextData();
    await createSession(app.as(other), { title: 'not yours' });
    const { id } = await createSession(app.as(user), { title: 'yours' });
    expect((await stream.nextData()).userChatSessionChanges).toMatchObject({ chatSession: { id } });
    stream.stop();
  });

  test('lets a service watch the list of any user, and a user no list but its own', async () => {
    const user = newUser();
    const service = await watch(app.url, {}, WatchList, { userId: user });
    await service.nextData();
    const { id } = await createSession(app.as(user));
    expect((await service.nextData()).userChatSessionChanges).toMatchObject({ chatSession: { id } });
    service.stop();

    const stranger = await watch(app.url, { 'x-user-id': newUser() }, WatchList, { userId: user });
    expect(await stranger.next()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    const nobody = await watch(app.url, {}, WatchList, {});
    expect(await nobody.next()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['userId'] } }],
    });
    const garbled = await follow(user, 'no cursor');
    expect(await garbled.next()).toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT', path: ['after'] } }],
    });
  });
});
