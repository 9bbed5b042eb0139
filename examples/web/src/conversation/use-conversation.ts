import {
  applyChange,
  conversationOf,
  withEarlier,
  type ChatledgerClient,
  type ChatMessage,
  type ChatSessionChange,
  type Conversation,
  type Page,
} from '@chatledger/client';
import { useCallback, useEffect, useReducer, useState } from 'react';
import type { Connection } from '../shared/connection.tsx';
import type { More } from '../shared/more-button.tsx';

const pageSize = 50;

interface State {
  /** Null until it is read, and when there is none. */
  readonly conversation: Conversation | null;
  readonly isMissing: boolean;
  readonly connection: Connection;
  /** Why the conversation is not followed any more; null while it is. */
  readonly problem: { readonly error: unknown } | null;
  readonly earlier: More;
}

type Event =
  | { type: 'begun' }
  | { type: 'read'; conversation: Conversation }
  | { type: 'missing' }
  | { type: 'change'; change: ChatSessionChange }
  | { type: 'interrupted' }
  | { type: 'failed'; error: unknown }
  | { type: 'earlier' }
  | { type: 'earlier read'; page: Page<ChatMessage> }
  | { type: 'earlier failed'; error: unknown };

const atFirst: State = {
  conversation: null,
  isMissing: false,
  connection: 'connecting',
  problem: null,
  earlier: 'idle',
};

function after(state: State, event: Event): State {
  const { conversation } = state;
  switch (event.type) {
    case 'begun':
      return atFirst;
    case 'read':
      return { ...state, conversation: event.conversation };
    case 'missing':
      return { ...state, isMissing: true };
    case 'change':
      return { ...afterChange(state, event.change), connection: 'live' };
    case 'interrupted':
      return { ...state, connection: 'interrupted' };
    case 'failed':
      return { ...state, problem: { error: event.error } };
    case 'earlier':
      return { ...state, earlier: 'loading' };
    case 'earlier read':
      return {
        ...state,
        conversation: conversation && withEarlier(conversation, event.page),
        earlier: 'idle',
      };
    case 'earlier failed':
      return { ...state, earlier: { error: event.error } };
  }
}

function afterChange(state: State, change: ChatSessionChange): State {
  try {
    return { ...state, conversation: state.conversation && applyChange(state.conversation, change) };
  } catch (error) {
    // The change does not fit what is held. Reading it anew helps, which is offered with the problem.
    return { ...state, problem: { error } };
  }
}

/** The newest messages of a session, earlier ones as they are asked for, and whatever happens to them. */
export function useConversation(ledger: ChatledgerClient, sessionId: string) {
  const [state, dispatch] = useReducer(after, atFirst);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    const leaving = new AbortController();
    dispatch({ type: 'begun' });
    follow(ledger, sessionId, leaving.signal, dispatch).catch((error: unknown) => {
      if (!leaving.signal.aborted) dispatch({ type: 'failed', error });
    });
    return () => {
      leaving.abort();
    };
  }, [ledger, sessionId, tries]);

  const cursor = state.conversation?.startCursor;
  const isReading = state.earlier === 'loading';
  useEffect(() => {
    if (!isReading || cursor == null) return;
    const leaving = new AbortController();
    const { signal } = leaving;
    ledger.messages.page({ sessionId, last: pageSize, before: cursor, signal }).then(
      (page) => {
        // No page: the session is gone, which the stream tells too.
        dispatch(page ? { type: 'earlier read', page } : { type: 'missing' });
      },
      (error: unknown) => {
        if (!signal.aborted) dispatch({ type: 'earlier failed', error });
      },
    );
    return () => {
      leaving.abort();
    };
  }, [ledger, sessionId, isReading, cursor]);

  const readEarlier = useCallback(() => {
    dispatch({ type: 'earlier' });
  }, []);
  const retry = useCallback(() => {
    setTries((n) => n + 1);
  }, []);
  return { ...state, readEarlier, retry };
}

async function follow(
  ledger: ChatledgerClient,
  sessionId: string,
  signal: AbortSignal,
  dispatch: (event: Event) => void,
): Promise<void> {
  const [session, page] = await Promise.all([
    ledger.sessions.get(sessionId, { signal }),
    ledger.messages.page({ sessionId, last: pageSize, signal }),
  ]);
  if (!session || !page) {
    dispatch({ type: 'missing' });
    return;
  }
  const conversation = conversationOf(session, page);
  dispatch({ type: 'read', conversation });
  const onInterrupted = () => {
    dispatch({ type: 'interrupted' });
  };
  const { revision: afterRevision, epoch } = conversation;
  for await (const change of ledger.sessions.watch(sessionId, {
    afterRevision,
    epoch,
    signal,
    onInterrupted,
  }))
    dispatch({ type: 'change', change });
}
