import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { send } from '../support/raw-http.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const viewer = 'query Viewer { viewer { userId } }';
const named = 'query Named($id: ID!) { chatSession(id: $id) { title } }';
const hash = (text: string) => createHash('sha256').update(text).digest('hex');

let folder: string;
let file: string;
let app: TestApp;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chatledger-trusted-'));
  file = path.join(folder, 'documents.json');
  await writeFile(file, JSON.stringify({ [hash(viewer)]: viewer, named }));
  app = await startTestApp({ TRUSTED_DOCUMENTS: file });
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

const headers = { 'content-type': 'application/json', 'x-user-id': 'alice' };

async function post(body: unknown) {
  const answer = await send(app.origin, '/graphql', { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, ...(JSON.parse(answer.text) as Answer) };
}

async function get(parameters: Record<string, string>) {
  const address = `/graphql?${new URLSearchParams(parameters).toString()}`;
  const answer = await send(app.origin, address, { method: 'GET', headers });
  return { status: answer.status, ...(JSON.parse(answer.text) as Answer) };
}

const answered = { status: 200, data: { viewer: { userId: 'alice' } } };
const refused = { status: 403, errors: [{ extensions: { code: 'FORBIDDEN' } }] };

describe('where only trusted documents are run', () => {
  test.each([
    ['by its id', { documentId: hash(viewer) }],
    ['by its id with the kind of it', { documentId: `sha256:${hash(viewer)}` }],
    [
      'as Apollo and urql name it',
      { extensions: { persistedQuery: { version: 1, sha256Hash: hash(viewer) } } },
    ],
    ['as it is', { query: viewer }],
  ])('one that is meant %s is', async (_how, body) => {
    expect(await post(body)).toEqual(answered);
  });

  test('one takes variables', async () => {
    const id = '00000000-0000-7000-8000-000000000000';
    expect(await post({ documentId: 'named', variables: { id } })).toEqual({
      status: 200,
      data: { chatSession: null },
    });
    expect(await get({ documentId: 'named', variables: JSON.stringify({ id }) })).toEqual({
      status: 200,
      data: { chatSession: null },
    });
  });

  test.each([
    ['another document', { query: '{ __typename }' }],
    ['the same with a space more', { query: `${viewer} ` }],
    ['a question about the schema', { query: '{ __schema { queryType { name } } }' }],
    ['an id that nobody knows', { documentId: hash('{ __typename }') }],
    ['an id that objects have', { documentId: '__proto__' }],
    ['the id of one, and another document', { documentId: 'unknown', query: viewer }],
    ['no document', {}],
    ['a list', [{ query: viewer }]],
    ['nothing', null],
    ['an id that is a number', { documentId: 5 }],
  ])('%s is refused', async (_what, body) => {
    expect(await post(body)).toMatchObject(refused);
  });

  test('GET is held to the same', async () => {
    expect(await get({ documentId: hash(viewer) })).toEqual(answered);
    expect(await get({ query: viewer })).toEqual(answered);
    const extensions = JSON.stringify({ persistedQuery: { sha256Hash: hash(viewer) } });
    expect(await get({ extensions })).toEqual(answered);
    expect(await get({ query: '{ __typename }' })).toMatchObject(refused);
    expect(await get({ documentId: 'unknown', query: viewer })).toMatchObject(refused);
    expect(await get({ query: viewer, extensions: '{' })).toMatchObject({ status: 400 });
  });

  test('who takes pages too is held to the same, where there is no page', async () => {
    const bare = await startTestApp({ TRUSTED_DOCUMENTS: file, GRAPHIQL: 'off' });
    try {
      const answer = await send(
        bare.origin,
        `/graphql?${new URLSearchParams({ query: '{ __typename }' }).toString()}`,
        {
          headers: { 'x-user-id': 'alice', accept: 'text/html, application/json' },
        },
      );
      expect({ status: answer.status, ...(JSON.parse(answer.text) as Answer) }).toMatchObject(refused);
    } finally {
      await bare.close();
    }
  });

  test('a page comes without running what its address asks', async () => {
    const address = `/graphql?${new URLSearchParams({ query: '{ __typename }' }).toString()}`;
    const answer = await send(app.origin, address, { headers: { accept: 'text/html, application/json' } });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
  });

  test('an id wins over a document beside it', async () => {
    const answer = await post({ documentId: hash(viewer), query: '{ __schema { queryType { name } } }' });
    expect(answer).toEqual(answered);
  });
});

test.each([
  ['is not there', undefined],
  ['is no JSON', '{'],
  ['holds a list', '[]'],
  ['holds something else than texts', '{"a":1}'],
])('a server whose manifest %s does not start', async (_what, content) => {
  const file = path.join(folder, 'bad.json');
  await rm(file, { force: true });
  if (content !== undefined) await writeFile(file, content);
  await expect(startTestApp({ TRUSTED_DOCUMENTS: file })).rejects.toThrow(`trusted documents`);
});
