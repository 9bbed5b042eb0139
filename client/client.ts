import * as documents from './generated/documents.js';
import type { NodeQuery, ViewerQuery } from './generated/documents.js';
import { messagesOver, type ChatMessage, type Messages } from './messages.js';
import type { TransportOptions } from './options.js';
import type { CallOptions } from './outcome.js';
import { sessionsOver, type Sessions } from './sessions.js';
import { streamMessage, type StreamMessageOptions } from './stream-message.js';
import { createTransport, type SendOptions, type TypedText } from './transport.js';

/** Address and habits of a client. */
export type ChatledgerClientOptions = TransportOptions;

/** A session or a message, told apart by its `__typename`. */
export type Node = NonNullable<NodeQuery['node']>;

/**
 * Speaks to a Chatledger server. It holds no state, and a WebSocket only while there are streams, so it needs no closing.
 */
export interface ChatledgerClient {
  readonly sessions: Sessions;
  readonly messages: Messages;
  /**
   * Writes an answer while it comes. Watchers see it grow. Tokens that come while the server is away are kept and sent
   * later. The same call again, with the same `id`, goes on with the message of the call before.
   *
   * @returns the message as it is stored, COMPLETE
   * @throws whatever the tokens throw, after the message has ended as FAILED; the signal's reason, after it has ended
   * as CANCELLED; MessageNotInProgressError when somebody else ended it; NoAnswerError and RequestError after
   * `timeout`; NotFoundError
   */
  streamMessage(options: StreamMessageOptions): Promise<ChatMessage>;
  /** Who is asking, as the server understands it. */
  viewer(options?: CallOptions): Promise<ViewerQuery['viewer']>;
  /** Whatever has this id. Null when nothing has, or nothing that this viewer may see. */
  node(id: string, options?: CallOptions): Promise<Node | null>;
  /** Whatever has these ids, 1,000 at most, in their order. */
  nodes(ids: readonly string[], options?: CallOptions): Promise<(Node | null)[]>;
  /**
   * Sends an operation of your own: a text, or a generated document that knows its types.
   * @throws RequestError, NoAnswerError, the signal's reason
   */
  request<Data, Variables>(
    document: TypedText<Data, Variables> | string,
    variables: Variables,
    options?: SendOptions,
  ): Promise<Data>;
  /**
   * The events of a subscription of your own, as one stream: it does not resume.
   * @throws RequestError, NoAnswerError when it breaks, the signal's reason
   */
  subscribe<Data, Variables>(
    document: TypedText<Data, Variables> | string,
    variables: Variables,
    options?: CallOptions,
  ): AsyncGenerator<Data, void>;
}

/**
 * @example
 * const ledger = createChatledgerClient({ url: 'http://127.0.0.1:4000/graphql' });
 * const { chatSession } = await ledger.sessions.create({ title: 'Weather' });
 */
export function createChatledgerClient(options: ChatledgerClientOptions): ChatledgerClient {
  const transport = createTransport(options);
  const messages = messagesOver(transport);
  return {
    sessions: sessionsOver(transport),
    messages,
    streamMessage: (streaming) => streamMessage(transport, streaming),
    viewer: async (call) => (await transport.send(documents.ViewerDocument, {}, call)).viewer,
    node: async (id, call) => (await transport.send(documents.NodeDocument, { id }, call)).node,
    nodes: async (ids, call) =>
      (await transport.send(documents.NodesDocument, { ids: [...ids] }, call)).nodes,
    request: (document, variables, sending) => transport.send(document, variables, sending),
    subscribe: (document, variables, call) => transport.stream(document, variables, call?.signal),
  };
}
