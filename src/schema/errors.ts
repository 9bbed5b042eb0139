import {
  ChatSessionIdTakenError,
  ContentConflictError,
  MessageIdConflictError,
  MessageNotInProgressError,
  NotFoundError,
  OffsetConflictError,
  SequenceConflictError,
} from '../errors.js';
import { builder } from './builder.js';
import { ChatMessageStatus } from './chat-message.js';
import { ErrorInterface } from './interfaces.js';

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'The object does not exist, or this viewer may not see it.',
  interfaces: [ErrorInterface],
});

builder.objectType(ChatSessionIdTakenError, {
  name: 'ChatSessionIdTakenError',
  description: 'The id of the new session belongs to a session of another user.',
  interfaces: [ErrorInterface],
});

builder.objectType(SequenceConflictError, {
  name: 'SequenceConflictError',
  description: 'The chosen sequence is taken.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    nextSequence: t.exposeInt('nextSequence', {
      description: 'The sequence of the next message, unless the input chooses one.',
    }),
  }),
});

builder.objectType(MessageIdConflictError, {
  name: 'MessageIdConflictError',
  description:
    'The session already has a message with this id, and the input is not a retry of its append: the body differs, or the batch was cut differently. Messages of other sessions do not matter.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: 'The id that is taken in this session.' }),
  }),
});

builder.objectType(ContentConflictError, {
  name: 'ContentConflictError',
  description: 'The content is not the expected one.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    currentContent: t.exposeString('currentContent', {
      nullable: true,
      description: 'The present content. Null when there is none.',
    }),
  }),
});

builder.objectType(OffsetConflictError, {
  name: 'OffsetConflictError',
  description: 'The text does not end at the given offset, and does not have this piece there either.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    length: t.exposeInt('length', {
      description: 'The offset to continue from: the length of the text in UTF-16 code units.',
    }),
  }),
});

builder.objectType(MessageNotInProgressError, {
  name: 'MessageNotInProgressError',
  description: 'The message has ended: it takes no more text and no other end.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    status: t.expose('status', { type: ChatMessageStatus, description: 'How the message ended.' }),
  }),
});
