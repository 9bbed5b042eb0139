import type { Client } from './client.js';
import { graphql } from './generated/gql.js';
import type {
  AllOfMessageFragment,
  AllOfSessionFragment,
  AppendChatMessagesInput,
  ChatMessageInput,
  CreateChatSessionInput,
  LedgerReadMessagesQuery,
  UpdateChatSessionInput,
  UpdateToolMessageContentInput,
} from './generated/graphql.js';

export type Session = AllOfSessionFragment;
export type Message = AllOfMessageFragment;

graphql(`
  fragment AllOfSession on ChatSession {
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
`);

graphql(`
  fragment AllOfMessage on ChatMessage {
    id
    sessionId
    sequence
    role
    content
    name
    toolCallId
    refusal
    toolCalls
    functionCall
    revision
    createdAt
    updatedAt
  }
`);

export const Create = graphql(`
  mutation LedgerCreate($input: CreateChatSessionInput!) {
    createChatSession(input: $input) {
      __typename
      ... on CreateChatSessionSuccess {
        created
        chatSession {
          ...AllOfSession
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const Update = graphql(`
  mutation LedgerUpdate($input: UpdateChatSessionInput!) {
    updateChatSession(input: $input) {
      __typename
      ... on UpdateChatSessionSuccess {
        chatSession {
          ...AllOfSession
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const Delete = graphql(`
  mutation LedgerDelete($input: DeleteChatSessionInput!) {
    deleteChatSession(input: $input) {
      __typename
      ... on DeleteChatSessionSuccess {
        id
        replayed
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const Append = graphql(`
  mutation LedgerAppend($input: AppendChatMessageInput!) {
    appendChatMessage(input: $input) {
      __typename
      ... on AppendChatMessageSuccess {
        replayed
        chatMessage {
          ...AllOfMessage
        }
      }
      ... on SequenceConflictError {
        nextSequence
      }
      ... on MessageIdConflictError {
        messageId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const AppendBatch = graphql(`
  mutation LedgerAppendBatch($input: AppendChatMessagesInput!) {
    appendChatMessages(input: $input) {
      __typename
      ... on AppendChatMessagesSuccess {
        replayed
        chatMessages {
          ...AllOfMessage
        }
      }
      ... on SequenceConflictError {
        nextSequence
      }
      ... on MessageIdConflictError {
        messageId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UpdateToolContent = graphql(`
  mutation LedgerUpdateToolContent($input: UpdateToolMessageContentInput!) {
    updateToolMessageContent(input: $input) {
      __typename
      ... on UpdateToolMessageContentSuccess {
        chatMessage {
          ...AllOfMessage
        }
      }
      ... on ContentConflictError {
        currentContent
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

const ReadSession = graphql(`
  query LedgerReadSession($id: ID!) {
    chatSession(id: $id) {
      ...AllOfSession
    }
  }
`);

const ReadMessages = graphql(`
  query LedgerReadMessages($id: ID!, $after: String) {
    chatSession(id: $id) {
      messages(first: 1000, after: $after) {
        nodes {
          ...AllOfMessage
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** A new session with its defaults, except for what is given. */
export async function createSession(
  client: Pick<Client, 'runOk'>,
  input: CreateChatSessionInput = {},
): Promise<Session> {
  const { createChatSession } = await client.runOk(Create, { input });
  return member(createChatSession, 'CreateChatSessionSuccess').chatSession;
}

/** The result of an append of a batch, whatever it is. */
export async function appendBatch(
  client: Client,
  sessionId: string,
  messages: ChatMessageInput[],
  place: Pick<AppendChatMessagesInput, 'startSequence'> = {},
) {
  const input = { sessionId, messages, ...place };
  return (await client.runOk(AppendBatch, { input })).appendChatMessages;
}

/** The messages of an append of a batch that succeeds. */
export async function appended(
  client: Client,
  sessionId: string,
  messages: ChatMessageInput[],
  place: Pick<AppendChatMessagesInput, 'startSequence'> = {},
): Promise<Message[]> {
  const result = await appendBatch(client, sessionId, messages, place);
  return member(result, 'AppendChatMessagesSuccess').chatMessages;
}

/** The result of an append of one message, whatever it is. */
export async function appendOne(
  client: Client,
  sessionId: string,
  message: ChatMessageInput,
  sequence: number | null = null,
) {
  return (await client.runOk(Append, { input: { sessionId, message, sequence } })).appendChatMessage;
}

/** The session after an update that succeeds. */
export async function updated(client: Client, input: UpdateChatSessionInput): Promise<Session> {
  const { updateChatSession } = await client.runOk(Update, { input });
  return member(updateChatSession, 'UpdateChatSessionSuccess').chatSession;
}

/** The result of an update of the content of a tool message, whatever it is. */
export async function updateContent(client: Client, input: UpdateToolMessageContentInput) {
  return (await client.runOk(UpdateToolContent, { input })).updateToolMessageContent;
}

/** A session as it is now. @throws when there is none */
export async function readSession(client: Pick<Client, 'runOk'>, id: string): Promise<Session> {
  const { chatSession } = await client.runOk(ReadSession, { id });
  if (!chatSession) throw new Error('There is no such session.');
  return chatSession;
}

type MessagePage = NonNullable<LedgerReadMessagesQuery['chatSession']>['messages'];

/** All messages of a session, read page by page. */
export async function readMessages(client: Client, id: string): Promise<Message[]> {
  const found: Message[] = [];
  for (let page: MessagePage = await readPage(null); ; page = await readPage(page.pageInfo.endCursor)) {
    found.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return found;
  }

  async function readPage(after: string | null): Promise<MessagePage> {
    const { chatSession } = await client.runOk(ReadMessages, { id, after });
    if (!chatSession) throw new Error('There is no such session.');
    return chatSession.messages;
  }
}

/** The member of a result union with this name. @throws when it is another */
export function member<Result extends { __typename: string }, Name extends Result['__typename']>(
  result: Result,
  name: Name,
): Extract<Result, { __typename: Name }> {
  if (!isMember(result, name)) throw new Error(`Expected ${name}: ${JSON.stringify(result)}`);
  return result;
}

function isMember<Result extends { __typename: string }, Name extends string>(
  result: Result,
  name: Name,
): result is Extract<Result, { __typename: Name }> {
  return result.__typename === name;
}

/** Messages of a user, one for each content. */
export function fromUser(...contents: string[]): ChatMessageInput[] {
  return contents.map((content) => ({ role: 'USER', content }));
}

/** The numbers 0 to `count - 1`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
