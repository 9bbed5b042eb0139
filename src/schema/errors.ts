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
  description: 'What the input names does not exist, or not for this viewer.',
  interfaces: [ErrorInterface],
});

builder.objectType(ChatSessionIdTakenError, {
  name: 'ChatSessionIdTakenError',
  description: 'The id of the new session is taken by a session of somebody else.',
  interfaces: [ErrorInterface],
});

builder.objectType(SequenceConflictError, {
  name: 'SequenceConflictError',
  description: 'The sequence that the input chose is taken.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    nextSequence: t.exposeInt('nextSequence', {
      description: 'The sequence that the next message gets when the input gives none.',
    }),
  }),
});

builder.objectType(MessageIdConflictError, {
  name: 'MessageIdConflictError',
  description:
    'The session has a message of this id already, and the input is no retry of its append: another message, the same with another body, or a batch that was cut differently. Messages of other sessions do not matter.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    messageId: t.exposeID('messageId', { description: 'The id that is taken in this session.' }),
  }),
});

builder.objectType(ContentConflictError, {
  name: 'ContentConflictError',
  description: 'The message does not hold the expected content.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    currentContent: t.exposeString('currentContent', {
      nullable: true,
      description: 'What it holds. Null when it has no content.',
    }),
  }),
});

builder.objectType(OffsetConflictError, {
  name: 'OffsetConflictError',
  description:
    'The text does not end where the input wants to go on, nor is this the retry of a piece it has.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    length: t.exposeInt('length', {
      description: 'The right offset: length of the text in UTF-16 code units.',
    }),
  }),
});

builder.objectType(MessageNotInProgressError, {
  name: 'MessageNotInProgressError',
  description: 'The message takes no more text and no other end.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    status: t.expose('status', { type: ChatMessageStatus, description: 'What has become of it.' }),
  }),
});
