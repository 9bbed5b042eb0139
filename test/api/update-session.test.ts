import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { CreateChatSessionInput, UpdateChatSessionInput } from '../support/generated/graphql.js';
import { createSession, numbers, readSession, Update, updated } from '../support/ledger.js';
import { newUser, useTestApp } from '../support/test-app.js';

const app = useTestApp();

const maps = ['credentials', 'successfulAgentRuns', 'successfulAgentSchedules'] as const;
const counters = [
  { total: 'totalPromptTokens', add: 'addPromptTokens' },
  { total: 'totalCompletionTokens', add: 'addCompletionTokens' },
] as const;
const most = 2_147_483_647;

async function newSession(input: CreateChatSessionInput = {}) {
  const client = app.as(newUser());
  const session = await createSession(client, input);
  const { id } = session;
  return {
    client,
    id,
    session,
    update: (changes: Omit<UpdateChatSessionInput, 'id'>) => updated(client, { id, ...changes }),
    refused: (changes: Omit<UpdateChatSessionInput, 'id'>) =>
      client.runError(Update, { input: { id, ...changes } }),
    read: () => readSession(client, id),
  };
}

/** A session with something in every field that an update can change. */
async function fullSession() {
  const created = await newSession({
    title: 'title',
    credentials: { key: 'secret' },
    successfulAgentRuns: { agent: 1 },
    successfulAgentSchedules: { agent: 2 },
  });
  const session = await created.update({ totalPromptTokens: 10, totalCompletionTokens: 20 });
  return { ...created, session };
}

describe('an update', () => {
  test('leaves what is absent, and makes no revision when it names nothing', async () => {
    const { update, session, read } = await fullSession();
    expect(await update({})).toEqual(session);
    expect(await update({ jsonUpdate: 'MERGE', onlyIfUntitled: true })).toEqual(session);
    expect(await read()).toEqual(session);
  });

  test.each<[string, Omit<UpdateChatSessionInput, 'id'>]>([
    ['title', { title: 'other' }],
    ['credentials', { credentials: { other: 1 } }],
    ['successfulAgentRuns', { successfulAgentRuns: { other: 1 } }],
    ['successfulAgentSchedules', { successfulAgentSchedules: { other: 1 } }],
    ['totalPromptTokens', { totalPromptTokens: 7 }],
    ['totalCompletionTokens', { totalCompletionTokens: 7 }],
  ])('changes %s alone, as one revision', async (_field, changes) => {
    const { update, session, read } = await fullSession();
    const after = await update(changes);
    expect(after).toEqual({
      ...session,
      ...changes,
      revision: session.revision + 1,
      updatedAt: expect.any(String),
    });
    expect(await read()).toEqual(after);
  });

  test('changes everything that it names as one revision', async () => {
    const { update, session } = await fullSession();
    const changes = {
      title: 'new',
      credentials: {},
      successfulAgentRuns: { a: 1 },
      successfulAgentSchedules: { b: { c: [null] } },
      totalPromptTokens: 1,
    };
    expect(await update({ ...changes, addCompletionTokens: 5 })).toMatchObject({
      ...changes,
      totalCompletionTokens: 25,
      revision: session.revision + 1,
    });
  });

  test('that changes nothing makes no revision and moves no time', async () => {
    const { update, session, read } = await fullSession();
    for (const changes of [
      { title: 'title' },
      { title: 'other', onlyIfUntitled: true },
      { credentials: { key: 'secret' } },
      { credentials: {}, jsonUpdate: 'MERGE' as const },
      { credentials: { absent: null }, jsonUpdate: 'MERGE' as const },
      { totalPromptTokens: 10 },
      { addPromptTokens: 0, addCompletionTokens: 0 },
      { title: 'title', successfulAgentRuns: { agent: 1 }, totalCompletionTokens: 20 },
    ]) {
      expect(await update(changes)).toEqual(session);
    }
    expect(await read()).toEqual(session);
  });

  test('of a session that is not there is NotFoundError, whatever it names', async () => {
    const client = app.as(newUser());
    for (const changes of [{}, { title: 'a' }, { addPromptTokens: 1 }]) {
      const { updateChatSession } = await client.runOk(Update, { input: { id: randomUUID(), ...changes } });
      expect(updateChatSession).toMatchObject({ __typename: 'NotFoundError', code: 'NOT_FOUND' });
    }
  });
});

describe('the title', () => {
  test('null takes it away', async () => {
    const { update } = await newSession({ title: 'title' });
    expect(await update({ title: null })).toMatchObject({ title: null, revision: 1 });
  });

  test('onlyIfUntitled gives one to a session without, and leaves one that is there', async () => {
    const { update } = await newSession();
    expect(await update({ title: 'first', onlyIfUntitled: true })).toMatchObject({
      title: 'first',
      revision: 1,
    });
    expect(await update({ title: 'second', onlyIfUntitled: true })).toMatchObject({
      title: 'first',
      revision: 1,
    });
    expect(await update({ title: null, onlyIfUntitled: true })).toMatchObject({
      title: 'first',
      revision: 1,
    });
  });

  const blanks = {
    nothing: '',
    'a blank': ' ',
    'ends of lines and tabs': '\t\r\n\v\f ',
    'white space of all kinds': '\u0085\u00a0\u1680\u2000\u2007\u200a\u2028\u2029\u202f\u205f\u3000',
    'characters of no width': '\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e',
    'marks of direction': '\u200e\u200f\u202a\u202e\u2066\u2069',
    'fillers and selectors': '\u115f\u1160\u3164\uffa0\ufe0f\u{e0100}\u{e0041}',
    'the empty pattern of braille': '\u2800',
    '500 of them': ' '.repeat(500),
  };
  const visible = ['x', '.', ' \u200bx ', '\ufeffx', '\u0001', '\u0301', '\u2801', '👩‍❤️‍💋‍👨', '0'];

  describe.each(Object.entries(blanks))('of nothing but blanks is none: %s', (_which, blank) => {
    test('when a session is created', async () => {
      const { session, read } = await newSession({ title: blank });
      expect([session.title, (await read()).title]).toEqual([null, null]);
    });

    test('when it is changed, which takes away what there was', async () => {
      const { update } = await newSession({ title: 'title' });
      expect(await update({ title: blank })).toMatchObject({ title: null, revision: 1 });
      expect(await update({ title: blank })).toMatchObject({ title: null, revision: 1 });
    });

    test('to onlyIfUntitled', async () => {
      const { update } = await newSession({ title: blank });
      expect(await update({ title: blank, onlyIfUntitled: true })).toMatchObject({
        title: null,
        revision: 0,
      });
      const changes = { title: 'title', onlyIfUntitled: true };
      expect(await update(changes)).toMatchObject({ title: 'title', revision: 1 });
      expect(await update({ ...changes, title: blank })).toMatchObject({ title: 'title', revision: 1 });
    });
  });

  test.each(visible)('with anything else comes back as it was sent: %j', async (title) => {
    const { session, update } = await newSession({ title });
    expect(session.title).toBe(title);
    expect(await update({ title: 'other', onlyIfUntitled: true })).toMatchObject({ title, revision: 0 });
    expect(await update({ title: `${title} ` })).toMatchObject({ title: `${title} ` });
  });

  test('of 501 blanks is too long all the same', async () => {
    const { refused } = await newSession();
    const { message, extensions } = await refused({ title: ' '.repeat(501) });
    expect(message).toBe('Must be 500 UTF-16 code units at most.');
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', 'title'] });
  });

  test('onlyIfUntitled concerns the title alone', async () => {
    const { update } = await newSession({ title: 'first' });
    const changes = { title: 'second', onlyIfUntitled: true, addPromptTokens: 3 };
    expect(await update(changes)).toMatchObject({ title: 'first', totalPromptTokens: 3, revision: 1 });
  });

  test('onlyIfUntitled from many at once gives the title of one', async () => {
    const { update, read } = await newSession();
    const answers = await Promise.all(
      numbers(12).map((n) => update({ title: `title ${n}`, onlyIfUntitled: true })),
    );
    expect(new Set(answers.map(({ title }) => title)).size).toBe(1);
    expect(await read()).toMatchObject({ title: answers[0]?.title, revision: 1 });
  });
});

describe.each(counters)('$total', ({ total, add }) => {
  test('can be set and added to', async () => {
    const { update } = await newSession();
    expect(await update({ [total]: 100 })).toMatchObject({ [total]: 100, revision: 1 });
    expect(await update({ [add]: 11 })).toMatchObject({ [total]: 111, revision: 2 });
    expect(await update({ [total]: 0 })).toMatchObject({ [total]: 0, revision: 3 });
  });

  test('sums up what 32 add at once', async () => {
    const { update, read } = await newSession();
    await Promise.all(numbers(32).map((n) => update({ [add]: n + 1 })));
    expect(await read()).toMatchObject({ [total]: (32 * 33) / 2, revision: 32 });
  });

  test('holds 2,147,483,647, and more is BAD_USER_INPUT naming the field', async () => {
    const { update, refused, read } = await newSession();
    const full = await update({ [total]: most });
    const { extensions } = await refused({ [add]: 1 });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', add] });
    expect(await read()).toEqual(full);
  });

  test('is not set and added to in one update', async () => {
    const { session, refused, read } = await newSession();
    const { extensions } = await refused({ [total]: 1, [add]: 1, title: 'not stored' });
    expect(extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', add] });
    expect(await read()).toEqual(session);
  });
});

test('an overflow names the counter that is full, not another that was added to', async () => {
  const { update, refused } = await newSession();
  await update({ totalCompletionTokens: most });
  const second = await refused({ addPromptTokens: 1, addCompletionTokens: 1 });
  expect(second.extensions.path).toEqual(['input', 'addCompletionTokens']);
  await update({ totalPromptTokens: most, totalCompletionTokens: 0 });
  const first = await refused({ addPromptTokens: 1, addCompletionTokens: 1 });
  expect(first.extensions.path).toEqual(['input', 'addPromptTokens']);
});

describe.each(maps)('%s', (map) => {
  const before = { kept: 'old', changed: { deep: 1, other: 2 }, removed: [1] };

  test('REPLACE puts the given map in the place of the stored one, nulls and all', async () => {
    const { update } = await newSession({ [map]: before });
    const value = { changed: { deep: null }, new: null };
    expect((await update({ [map]: value, jsonUpdate: 'REPLACE' }))[map]).toEqual(value);
    expect((await update({ [map]: {} }))[map]).toEqual({});
  });

  test('MERGE sets keys, removes those given as null, and leaves the others', async () => {
    const { update } = await newSession({ [map]: before });
    const value = { changed: { deep: null }, removed: null, never: null, new: '', list: [null] };
    expect((await update({ [map]: value, jsonUpdate: 'MERGE' }))[map]).toEqual({
      kept: 'old',
      changed: { deep: null },
      new: '',
      list: [null],
    });
  });

  test('MERGE leaves nulls that are stored, and numbers as they are', async () => {
    const { update } = await newSession({ [map]: { none: null, removed: null, small: 1.5e-300, gone: 1 } });
    const value = { removed: null, gone: null, big: 9007199254740991 };
    expect((await update({ [map]: value, jsonUpdate: 'MERGE' }))[map]).toEqual({
      none: null,
      small: 1.5e-300,
      big: 9007199254740991,
    });
  });

  test('MERGE may remove all that is there', async () => {
    const { update } = await newSession({ [map]: { a: 1, b: [2] } });
    expect((await update({ [map]: { a: null, b: null }, jsonUpdate: 'MERGE' }))[map]).toEqual({});
  });

  test('MERGE of different keys at once keeps them all', async () => {
    const { update, read } = await newSession({ [map]: before });
    await Promise.all(numbers(24).map((n) => update({ [map]: { [`key ${n}`]: n }, jsonUpdate: 'MERGE' })));
    expect(await read()).toMatchObject({
      [map]: { ...before, ...Object.fromEntries(numbers(24).map((n) => [`key ${n}`, n])) },
      revision: 24,
    });
  });

  test('null leaves it as it is', async () => {
    const { update, session } = await newSession({ [map]: before });
    expect(await update({ [map]: null })).toEqual(session);
  });

  test('MERGE does not let it grow beyond 256 kB, and changes nothing then', async () => {
    const half = (key: string) => ({ [key]: 'x'.repeat(150_000) });
    const { update, refused, read } = await newSession({ [map]: half('a') });
    const before = await update({ [map]: { small: 1 }, jsonUpdate: 'MERGE' });
    const error = await refused({ [map]: half('b'), jsonUpdate: 'MERGE', title: 'not this either' });
    expect(error.extensions).toMatchObject({ code: 'BAD_USER_INPUT', path: ['input', map] });
    expect(await read()).toEqual(before);
    expect((await update({ [map]: { a: null, ...half('b') }, jsonUpdate: 'MERGE' }))[map]).toEqual({
      small: 1,
      ...half('b'),
    });
  });

  test('keeps keys and values of every kind', async () => {
    const value = {
      '': 'empty key',
      constructor: 1,
      $type: 'Json',
      $1: 'quote \' " \\ %s',
      'emoji 👩‍👩‍👧': '\u202eRTL\uffff',
      number: 1.5e-7,
      big: 9007199254740991,
      nested: [[{ a: [true, false, null] }]],
    };
    const { session, update, read } = await newSession({ [map]: value });
    expect(session[map]).toEqual(value);
    await update({ [map]: {} });
    await update({ [map]: value });
    expect((await read())[map]).toEqual(value);
    await update({ [map]: {} });
    await update({ [map]: value, jsonUpdate: 'MERGE' });
    expect((await read())[map]).toEqual(value);
  });
});

describe('updatedAt', () => {
  test('moves with a change, and createdAt does not', async () => {
    const { id, update, session } = await newSession();
    await setTime(id, '2001-01-01T00:00:00.000Z');
    const after = await update({ title: 'a' });
    expect(after.updatedAt >= session.updatedAt).toBe(true);
    expect(after.createdAt).toBe(session.createdAt);
  });

  test('never goes back when the clock does', async () => {
    const { id, update } = await newSession();
    await setTime(id, '2101-01-01T00:00:00.000Z');
    expect(await update({ title: 'a' })).toMatchObject({
      title: 'a',
      revision: 1,
      updatedAt: '2101-01-01T00:00:00.000Z',
    });
  });
});

async function setTime(id: string, time: string) {
  await app.database.sql.query('UPDATE "ChatSession" SET "updatedAt" = $2 WHERE id = $1', [id, time]);
}
