import * as documents from './generated/documents.js';
import type * as Types from './generated/documents.js';
import { newId } from './ids.js';
import { noSession, outcomeOf, type CallOptions, type MutationOptions, type Outcome } from './outcome.js';
import { iterate, type IterateOptions, type Page, type PageOptions } from './pages.js';
import type { Transport } from './transport.js';

export type ChatMessage = Types.ChatMessageFieldsFragment;

/** A page of a session's messages. */
export interface MessagePage extends Page<ChatMessage> {
  /**
   * The revision of the session when its page was read. What happens later comes with `sessions.watch(id,
   * { afterRevision: revision, epoch })`; some of it may be in the page already.
   */
  readonly revision: number;
  /** The epoch of the database that the revision belongs to. */
  readonly epoch: string;
}

type AppendResult = Types.AppendChatMessageMutation['appendChatMessage'];
type AppendBatchResult = Types.AppendChatMessagesMutation['appendChatMessages'];
type ToolContentResult = Types.UpdateToolMessageContentMutation['updateToolMessageContent'];
type StartResult = Types.StartChatMessageMutation['startChatMessage'];
type ExtendResult = Types.ExtendChatMessageMutation['extendChatMessage'];
type FinishResult = Types.FinishChatMessageMutation['finishChatMessage'];

/**
 * Messages. All methods throw RequestError when the server refuses or fails, NoAnswerError when it does not answer,
 * and the reason of a signal that is aborted. Ids that the input leaves out are made here, so that retries store
 * nothing twice.
 */
export interface Messages {
  /**
   * Appends one message. Any number of callers may do so at once.
   * @throws NotFoundError, MessageIdConflictError, SequenceConflictError when the input chose a sequence
   */
  append<Options extends MutationOptions = MutationOptions>(
    input: Types.AppendChatMessageInput,
    options?: Options,
  ): Promise<Outcome<AppendResult, Options>>;
  /**
   * Appends up to 500 messages one behind the other, all or none. An empty batch changes nothing.
   * @throws NotFoundError, MessageIdConflictError, SequenceConflictError when the input chose a sequence
   */
  appendBatch<Options extends MutationOptions = MutationOptions>(
    input: Types.AppendChatMessagesInput,
    options?: Options,
  ): Promise<Outcome<AppendBatchResult, Options>>;
  /**
   * Writes the result of a tool call into the message of role TOOL that answers it. Name the message where ids of tool
   * calls repeat.
   * @throws NotFoundError, ContentConflictError when the input expected another content
   */
  updateToolContent<Options extends MutationOptions = MutationOptions>(
    input: Types.UpdateToolMessageContentInput,
    options?: Options,
  ): Promise<Outcome<ToolContentResult, Options>>;
  /**
   * Begins a message of role ASSISTANT that is written piece by piece. `streamMessage` does all of it.
   * @throws NotFoundError, MessageIdConflictError
   */
  start<Options extends MutationOptions = MutationOptions>(
    input: Types.StartChatMessageInput,
    options?: Options,
  ): Promise<Outcome<StartResult, Options>>;
  /**
   * Puts a piece of text behind what a message holds that was started.
   * @throws NotFoundError, OffsetConflictError, MessageNotInProgressError
   */
  extend<Options extends MutationOptions = MutationOptions>(
    input: Types.ExtendChatMessageInput,
    options?: Options,
  ): Promise<Outcome<ExtendResult, Options>>;
  /**
   * Ends a message that was started.
   * @throws NotFoundError, MessageNotInProgressError
   */
  finish<Options extends MutationOptions = MutationOptions>(
    input: Types.FinishChatMessageInput,
    options?: Options,
  ): Promise<Outcome<FinishResult, Options>>;
  /**
   * A page of a session's messages in order of sequence. Without a window the newest 100. Null when the session does
   * not exist, or not for this viewer.
   */
  page(options: CallOptions & PageOptions & { readonly sessionId: string }): Promise<MessagePage | null>;
  /**
   * A session's messages one by one in order of sequence; `from: 'end'` begins with the newest.
   * @throws NotFoundError
   */
  all(
    options: CallOptions & IterateOptions & { readonly sessionId: string },
  ): AsyncGenerator<ChatMessage, void>;
}

export function messagesOver(transport: Transport): Messages {
  const messages: Messages = {
    async append({ message, ...place }, options) {
      const input = { ...place, message: identified(message) };
      const data = await transport.send(documents.AppendChatMessageDocument, { input }, options);
      return outcomeOf(data.appendChatMessage, options);
    },

    async appendBatch({ messages, ...place }, options) {
      const input = { ...place, messages: messages.map(identified) };
      const data = await transport.send(documents.AppendChatMessagesDocument, { input }, options);
      return outcomeOf(data.appendChatMessages, options);
    },

    async updateToolContent(input, options) {
      const data = await transport.send(documents.UpdateToolMessageContentDocument, { input }, options);
      return outcomeOf(data.updateToolMessageContent, options);
    },

    async start(input, options) {
      const variables = { input: identified(input) };
      const data = await transport.send(documents.StartChatMessageDocument, variables, options);
      return outcomeOf(data.startChatMessage, options);
    },

    async extend(input, options) {
      const data = await transport.send(documents.ExtendChatMessageDocument, { input }, options);
      return outcomeOf(data.extendChatMessage, options);
    },

    async finish(input, options) {
      const data = await transport.send(documents.FinishChatMessageDocument, { input }, options);
      return outcomeOf(data.finishChatMessage, options);
    },

    async page({ signal, ...variables }) {
      const { chatSession } = await transport.send(documents.ChatMessagesDocument, variables, { signal });
      if (!chatSession) return null;
      const { revision, epoch } = chatSession;
      return { ...chatSession.messages, revision, epoch };
    },

    all({ pageSize, from, ...session }) {
      const read = async (window: PageOptions) => {
        const page = await messages.page({ ...session, ...window });
        if (!page) throw noSession(session.sessionId);
        return page;
      };
      return iterate(read, { pageSize, from });
    },
  };
  return messages;
}

function identified<Input extends { readonly id?: string | null | undefined }>(input: Input) {
  return { ...input, id: input.id ?? newId() };
}
