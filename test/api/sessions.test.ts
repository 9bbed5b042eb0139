import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import { newUser, startTestApp, type TestApp } from '../support/test-app.js';

const CreateSession = graphql(`
  mutation CreateSession($input: CreateChatSessionInput!) {
    createChatSession(input: $input) {
      __typename
      ... on CreateChatSessionSuccess {
        created
        chatSession {
          id
          userId
          title
          credentials
          successfulAgentRuns
          successfulAgentSchedules
          totalPromptTokens
          totalCompletionTokens
          messageCount
          nextSequence
          revision
          createdAt
          updatedAt
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

describe('createChatSession', () => {
  test('gives the session with its defaults', async () => {
    const user = newUser();
    const { createChatSession } = await app.as(user).runOk(CreateSession, { input: {} });
    expect(createChatSession).toMatchObject({
      __typename: 'CreateChatSessionSuccess',
      created: true,
      chatSession: {
        userId: user,
        title: null,
        credentials: {},
        messageCount: 0,
        nextSequence: 0,
        revision: 0,
      },
    });
  });

  test('with the same id again gives the same session, unchanged', async () => {
    const client = app.as(newUser());
    const id = randomUUID();
    await client.runOk(CreateSession, { input: { id, title: 'first' } });
    const { createChatSession } = await client.runOk(CreateSession, { input: { id, title: 'second' } });
    expect(createChatSession).toMatchObject({ created: false, chatSession: { id, title: 'first' } });
  });
});
