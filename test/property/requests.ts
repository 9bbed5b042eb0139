import { randomUUID } from 'node:crypto';
import type { Received, ReceivedError } from '../support/client.js';
import { graphql } from '../support/generated/gql.js';
import type {
  ChatMessageInput,
  LedgerAppendBatchMutation,
  LedgerAppendMutation,
  LedgerCreateMutation,
  LedgerDeleteMutation,
  LedgerUpdateMutation,
  LedgerUpdateToolContentMutation,
  PropertyReadQuery,
  StreamingExtendMutation,
  StreamingFinishMutation,
  StreamingStartMutation,
} from '../support/generated/graphql.js';
import { Append, AppendBatch, Create, Delete, Update, UpdateToolContent } from '../support/ledger.js';
import { Extend, Finish, Start } from '../support/streaming.js';
import { newUser, type TestApp } from '../support/test-app.js';
import type { Answer, Held, Message, MessageInput, Name, Operation, Session } from './protocol.js';

const Read = graphql(`
  query PropertyRead($id: ID!) {
    chatSession(id: $id) {
      ...AllOfSession
      messages(first: 1000) {
        nodes {
          ...AllOfMessage
          status
        }
      }
    }
  }
`);

type Answers =
  | LedgerCreateMutation
  | LedgerUpdateMutation
  | LedgerDeleteMutation
  | LedgerAppendMutation
  | LedgerAppendBatchMutation
  | LedgerUpdateToolContentMutation
  | StreamingStartMutation
  | StreamingExtendMutation
  | StreamingFinishMutation;
type ResultOf<Data> = Data extends unknown ? Data[keyof Data] : never;
type Result = ResultOf<Answers>;

type ReadSession = NonNullable<PropertyReadQuery['chatSession']>;
type ReadMessage = ReadSession['messages']['nodes'][number];

/** Sends the requests of one run, with ids and users that no other run knows, and tells the answers by their names. */
export class Requests {
  readonly #ids = new Map<Name, string>();
  readonly #names = new Map<string, Name>();
  readonly #users = new Map<string, string>();

  constructor(private readonly app: TestApp) {}

  get url(): string {
    return this.app.url;
  }

  idOf(name: Name): string {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = randomUUID();
    this.#ids.set(name, id);
    this.#names.set(id, name);
    return id;
  }

  userOf(name: string): string {
    const user = this.#users.get(name) ?? newUser();
    this.#users.set(name, user);
    return user;
  }

  clientOf(name: string) {
    return this.app.as(this.userOf(name));
  }

  /** A session as the service sees it; null when there is none. */
  async read(name: Name): Promise<(Held & { readonly updatedAt: string }) | null> {
    const { chatSession } = await this.app.as().runOk(Read, { id: this.idOf(name) });
    if (!chatSession) return null;
    const { userId, messages, updatedAt } = chatSession;
    const [owner = userId] = [...this.#users].find(([, user]) => user === userId) ?? [];
    return {
      owner,
      session: seenSession(chatSession),
      messages: messages.nodes.map((message) => this.#seen(message)),
      updatedAt,
    };
  }

  /** @param offset in place of 'end' */
  async send(operation: Operation, offset = 0): Promise<Answer> {
    const { data, errors } = await this.#post(operation, offset);
    const [error] = errors;
    if (error) return refusal(error);
    const [result] = Object.values<Result>(data ?? {});
    if (!result) throw new Error('There is neither data nor an error.');
    return this.#answer(result);
  }

  #post(operation: Operation, end: number): Promise<Pick<Received<Answers>, 'data' | 'errors'>> {
    const client = this.clientOf(operation.by);
    switch (operation.what) {
      case 'create':
        return client.run(Create, { input: { id: this.idOf(operation.session), ...operation.given } });
      case 'update':
        return client.run(Update, { input: { id: this.idOf(operation.session), ...operation.changes } });
      case 'delete':
        return client.run(Delete, { input: { id: this.idOf(operation.session) } });
      case 'append': {
        const sessionId = this.idOf(operation.session);
        const { sequence, single } = operation;
        const messages = operation.messages.map((message) => this.#input(message));
        const [message] = messages;
        return single && message
          ? client.run(Append, { input: { sessionId, sequence, message } })
          : client.run(AppendBatch, { input: { sessionId, startSequence: sequence, messages } });
      }
      case 'answer tool': {
        const { session, message, toolCallId, content, expectedContent } = operation;
        const messageId = message === null ? null : this.idOf(message);
        const sessionId = this.idOf(session);
        return client.run(UpdateToolContent, {
          input: { sessionId, toolCallId, messageId, content, expectedContent },
        });
      }
      case 'start': {
        const { session, id, name, content } = operation;
        return client.run(Start, {
          input: { sessionId: this.idOf(session), id: id === null ? null : this.idOf(id), name, content },
        });
      }
      case 'extend': {
        const { session, message, delta, offset } = operation;
        return client.run(Extend, {
          input: { ...this.#key(session, message), offset: offset === 'end' ? end : offset, delta },
        });
      }
      case 'finish': {
        const { session, message, end: given } = operation;
        const toolCalls = given.toolCalls === null ? null : (JSON.parse(given.toolCalls) as object[]);
        return client.run(Finish, { input: { ...this.#key(session, message), ...given, toolCalls } });
      }
    }
  }

  #key(session: Name, message: Name) {
    return { sessionId: this.idOf(session), messageId: this.idOf(message) };
  }

  #input({ id, toolCalls, functionCall, ...rest }: MessageInput): ChatMessageInput {
    return {
      ...rest,
      id: id === null ? null : this.idOf(id),
      toolCalls: toolCalls === null ? null : (JSON.parse(toolCalls) as object[]),
      functionCall: functionCall === null ? null : (JSON.parse(functionCall) as object),
    };
  }

  #answer(result: Result): Answer {
    switch (result.__typename) {
      case 'CreateChatSessionSuccess':
        return { is: 'created', created: result.created, session: seenSession(result.chatSession) };
      case 'UpdateChatSessionSuccess':
        return { is: 'updated', session: seenSession(result.chatSession) };
      case 'DeleteChatSessionSuccess':
        return { is: 'deleted', replayed: result.replayed };
      case 'AppendChatMessageSuccess':
      case 'StartChatMessageSuccess':
        return { is: 'stored', replayed: result.replayed, messages: [this.#seen(result.chatMessage)] };
      case 'AppendChatMessagesSuccess':
        return {
          is: 'stored',
          replayed: result.replayed,
          messages: result.chatMessages.map((message) => this.#seen(message)),
        };
      case 'UpdateToolMessageContentSuccess':
        return { is: 'answered tool', message: this.#seen(result.chatMessage) };
      case 'ExtendChatMessageSuccess': {
        const { replayed, length, revision } = result;
        return { is: 'extended', replayed, length, revision };
      }
      case 'FinishChatMessageSuccess':
        return { is: 'finished', replayed: result.replayed, message: this.#seen(result.chatMessage) };
      case 'NotFoundError':
      case 'ChatSessionIdTakenError':
        return { is: result.__typename };
      case 'SequenceConflictError':
        return { is: result.__typename, nextSequence: result.nextSequence };
      case 'MessageIdConflictError':
        return { is: result.__typename, anyOf: [this.#names.get(result.messageId) ?? result.messageId] };
      case 'ContentConflictError':
        return { is: result.__typename, currentContent: result.currentContent };
      case 'OffsetConflictError':
        return { is: result.__typename, length: result.right };
      case 'MessageNotInProgressError':
        return { is: result.__typename, status: result.status };
    }
  }

  /** A message whose id nobody chose has none here. */
  #seen(message: Omit<ReadMessage, 'status'> & { status?: ReadMessage['status'] }): Message {
    const { id, sequence, role, content, name, toolCallId, refusal, toolCalls, functionCall, revision } =
      message;
    return {
      id: this.#names.get(id) ?? null,
      sequence,
      role,
      content,
      name,
      toolCallId,
      refusal,
      toolCalls: toolCalls && JSON.stringify(toolCalls),
      functionCall: functionCall && JSON.stringify(functionCall),
      revision,
      // An append is not asked for it.
      status: message.status ?? 'COMPLETE',
    };
  }
}

function seenSession(session: Omit<ReadSession, 'messages'>): Session {
  const { title, credentials, successfulAgentRuns, successfulAgentSchedules } = session;
  const { totalPromptTokens, totalCompletionTokens, messageCount, nextSequence, revision } = session;
  if (!credentials) throw new Error('The credentials were not readable.');
  return {
    title,
    credentials,
    successfulAgentRuns,
    successfulAgentSchedules,
    totalPromptTokens,
    totalCompletionTokens,
    messageCount,
    nextSequence,
    revision,
  };
}

function refusal({ message, extensions: { code, path = [] } }: ReceivedError): Answer {
  if (code !== 'BAD_USER_INPUT') throw new Error(`${code}: ${message}`);
  return { is: code, path: path.join('.') };
}
