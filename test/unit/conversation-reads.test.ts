import { expect, test } from '@jest/globals';
import {
  applyChange,
  conversationOf,
  withEarlier,
  type ChatMessage,
  type ChatSession,
  type ChatSessionChange,
  type MessagePage,
} from '@chatledger/client';

const epoch = 'a';

// A page of earlier messages is asked for, and changes come before its answer does.
test.each<[string, ChatSessionChange, readonly ChatMessage[]]>([
  [
    'a result',
    { __typename: 'ChatMessageContentChanged', revision: 9, epoch, chatMessage: message(1, 9, 'Rain.') },
    [message(0, 1, 'A'), message(1, 9, 'Rain.'), message(4, 3, 'D')],
  ],
  [
    'a piece of an answer',
    { __typename: 'ChatMessageGrew', revision: 9, epoch, messageId: message(1, 2).id, offset: 1, delta: 'C' },
    [message(0, 1, 'A'), message(1, 9, 'BC'), message(4, 3, 'D')],
  ],
  [
    'a message with a chosen sequence',
    { __typename: 'ChatMessagesAppended', revision: 9, epoch, chatMessages: [message(2, 9, 'C')] },
    [message(0, 1, 'A'), message(1, 2, 'B'), message(2, 9, 'C'), message(4, 3, 'D')],
  ],
])('%s that overtakes the page with its message is not lost', (_name, change, expected) => {
  const newest = conversationOf(session, page([message(4, 3, 'D')], true));
  const old = page([message(0, 1, 'A'), message(1, 2, 'B')], false);
  const late = withEarlier(applyChange(newest, change), old);
  expect(late.messages).toEqual(expected);
  expect(late).toMatchObject({ revision: 9, hasEarlier: false });
  // The other way round it is the same.
  expect(applyChange(withEarlier(newest, old), change)).toEqual(late);
});

test('what happened before the page was read is not done twice', () => {
  const newest = conversationOf(session, page([message(4, 3, 'D')], true));
  const piece = { revision: 9, epoch, messageId: message(1, 2).id, offset: 1, delta: 'C' };
  const ahead = applyChange(newest, { __typename: 'ChatMessageGrew', ...piece });
  const later = withEarlier(ahead, page([message(1, 9, 'BC')], true));
  expect(later.messages).toEqual([message(1, 9, 'BC'), message(4, 3, 'D')]);
});

test('a title that changed between the reading of the session and that of its messages still comes', () => {
  const read = conversationOf(session, { ...page([message(0, 1, 'A')], false), revision: 3 });
  expect(read.revision).toBe(session.revision);
  const chatSession = { ...session, revision: 2, title: 'Weather' };
  const told = applyChange(read, { __typename: 'ChatSessionUpdated', revision: 2, epoch, chatSession });
  expect(told.session).toEqual(chatSession);
  expect(conversationOf({ ...session, revision: 7 }, page([], false)).revision).toBe(3);
});

test('a session and a page of different databases are nothing to go on from', () => {
  const read = conversationOf(session, { ...page([], false), epoch: 'b' });
  expect([epoch, 'b']).not.toContain(read.epoch);
});

test('what is replaced is forgotten', () => {
  const old = conversationOf(
    { ...session, title: 'old' },
    page([message(0, 1, 'A'), message(1, 8, 'B')], true),
  );
  const messages = { ...page([message(0, 1, 'A')], false), epoch: 'b' };
  const chatSession = { ...session, epoch: 'b', title: 'new' };
  const change = {
    __typename: 'ChatSessionReplaced',
    revision: 1,
    epoch: 'b',
    chatSession,
    messages,
  } as const;
  expect(applyChange(old, change)).toEqual(conversationOf(chatSession, messages));
});

test('an earlier page of the database that was replaced is left out', () => {
  const newest = conversationOf(session, page([message(4, 3, 'D')], true));
  const old = { ...page([message(1, 2, 'B')], false), epoch: 'b' };
  expect(withEarlier(newest, old)).toEqual(newest);
});

const session = { id: 'session', revision: 1, epoch } as ChatSession;

function message(sequence: number, revision: number, content = ''): ChatMessage {
  return { id: `message ${sequence}`, sequence, revision, content } as ChatMessage;
}

function page(nodes: ChatMessage[], hasPreviousPage: boolean): MessagePage {
  const pageInfo = {
    startCursor: nodes[0]?.id ?? null,
    endCursor: null,
    hasPreviousPage,
    hasNextPage: false,
  };
  return { nodes, pageInfo, revision: 3, epoch };
}
