import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import {
  commitMutation,
  ConnectionHandler,
  requestSubscription,
  type ConcreteRequest,
  type Environment,
  type ReaderFragment,
  type Variables,
} from 'relay-runtime';
import type { Client } from '../support/client.js';
import { appended, createSession, fromUser, numbers, readSession } from '../support/ledger.js';
import { newUser, startsTestApps, type TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';
import { compileDocuments, type Artifacts } from './relay/compile.js';
import { environmentOn, open, paginated } from './relay/page.js';

interface Messages {
  readonly messages: {
    readonly edges: readonly {
      readonly node: { readonly sequence: number; readonly content: string | null };
    }[];
    readonly pageInfo: { readonly hasPreviousPage: boolean };
  };
}
interface Sessions {
  readonly chatSessions: {
    readonly __id: string;
    readonly edges: readonly { readonly node: { readonly title: string | null } }[];
    readonly pageInfo: { readonly hasNextPage: boolean };
  };
}

const start = startsTestApps();
let app: TestApp;
let artifacts: Artifacts;
beforeAll(async () => {
  artifacts = await compileDocuments();
  app = await start();
});
afterAll(() => artifacts.remove());

const request = (name: string) => artifacts.get(name) as ConcreteRequest;
const fragment = (name: string) => artifacts.get(name) as ReaderFragment;

let environment: Environment;
let client: Client;
/** What Relay complains of: it writes to the console, and goes on. */
let complaints: unknown[][];
beforeEach(() => {
  const user = newUser();
  client = app.as(user);
  environment = environmentOn(app.url, { 'x-user-id': user });
  complaints = [];
  jest.spyOn(console, 'error').mockImplementation((...said) => {
    complaints.push(said);
  });
});
afterEach(() => {
  jest.restoreAllMocks();
  expect(complaints).toEqual([]);
});

/** A page that shows a session's newest three messages, and can load more. */
async function openConversation(id: string) {
  const page = (await open(environment, request('ledgerConversationQuery'), { id })) as {
    readonly chatSession: object;
  };
  const part = paginated<Messages>(environment, fragment('ledger_messages'), page.chatSession);
  return {
    part,
    connections: [ConnectionHandler.getConnectionID(id, 'ledger_messages')],
    contents: () => part.data.messages.edges.map(({ node }) => node.content),
  };
}

function mutate(name: string, variables: Variables): Promise<unknown> {
  return new Promise((resolve, reject) => {
    commitMutation(environment, {
      mutation: request(name),
      variables,
      onCompleted: resolve,
      onError: reject,
    });
  });
}

const texts = (count: number) => numbers(count).map((n) => `message ${n}`);

describe('Relay', () => {
  test('pages back through a conversation, which it finds by its node', async () => {
    const { id } = await createSession(client);
    await appended(client, id, fromUser(...texts(8)));
    const { part, contents } = await openConversation(id);
    expect(contents()).toEqual(texts(8).slice(5));
    expect(part.data.messages.pageInfo.hasPreviousPage).toBe(true);

    await part.load('backward', 3);
    expect(contents()).toEqual(texts(8).slice(2));
    expect(part.data.messages.pageInfo.hasPreviousPage).toBe(true);

    await part.load('backward', 3);
    expect(contents()).toEqual(texts(8));
    expect(part.data.messages.pageInfo.hasPreviousPage).toBe(false);
  });

  test('pages forward through a list, and takes a deleted session out of it', async () => {
    const ids: string[] = [];
    for (const title of ['oldest', 'older', 'newer', 'newest'])
      ids.push((await createSession(client, { title })).id);
    const page = await open(environment, request('ledgerListQuery'), {});
    const part = paginated<Sessions>(environment, fragment('ledger_sessions'), page);
    const titles = () => part.data.chatSessions.edges.map(({ node }) => node.title);
    expect(titles()).toEqual(['newest', 'newer']);
    await part.load('forward', 2);
    expect(titles()).toEqual(['newest', 'newer', 'older', 'oldest']);
    expect(part.data.chatSessions.pageInfo.hasNextPage).toBe(false);

    const connections = [part.data.chatSessions.__id];
    await mutate('ledgerDeleteMutation', { input: { id: ids[1] }, connections });
    expect(titles()).toEqual(['newest', 'newer', 'oldest']);
  });

  test('puts what a mutation appends behind what it holds', async () => {
    const { id } = await createSession(client);
    await appended(client, id, fromUser(...texts(2)));
    const { contents, connections } = await openConversation(id);
    const input = { sessionId: id, message: { role: 'USER', content: 'one more' } };
    await mutate('ledgerAppendMutation', { input, connections });
    expect(contents()).toEqual([...texts(2), 'one more']);
  });

  test('shows in one place what a mutation brings in another', async () => {
    const { id } = await createSession(client);
    await appended(client, id, [{ role: 'TOOL', toolCallId: 'call_1' }]);
    const { contents } = await openConversation(id);
    expect(contents()).toEqual([null]);
    const input = { sessionId: id, toolCallId: 'call_1', content: 'done' };
    await mutate('ledgerToolContentMutation', { input });
    expect(contents()).toEqual(['done']);
  });

  test('adds what a subscription tells', async () => {
    const { id } = await createSession(client);
    await appended(client, id, [{ role: 'TOOL', toolCallId: 'call_1' }]);
    const { contents, connections } = await openConversation(id);
    const { revision: afterRevision } = await readSession(client, id);
    const subscription = requestSubscription(environment, {
      subscription: request('ledgerChangesSubscription'),
      variables: { sessionId: id, afterRevision, connections },
    });
    await appended(client, id, fromUser(...texts(2)));
    await mutate('ledgerToolContentMutation', {
      input: { sessionId: id, toolCallId: 'call_1', content: 'done' },
    });
    await until(() => contents().length === 3);
    expect(contents()).toEqual(['done', ...texts(2)]);
    subscription.dispose();
  });
});
