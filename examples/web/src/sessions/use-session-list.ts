import type { ChatledgerClient, ChatSession, Page, UserChatSessionChange } from '@chatledger/client';
import { useCallback, useEffect, useReducer, useState } from 'react';
import type { Connection } from '../shared/connection.tsx';
import type { More } from '../shared/more-button.tsx';
import { emptyList, withChange, withPage, type SessionList } from './session-list.ts';

const pageSize = 30;

interface State {
  /** Null until the first page is there. */
  readonly list: SessionList | null;
  readonly connection: Connection;
  /** Why the list is not followed any more; null while it is. */
  readonly problem: { readonly error: unknown } | null;
  readonly more: More;
}

type Event =
  | { type: 'begun' }
  | { type: 'first page' | 'page'; page: Page<ChatSession> }
  | { type: 'change'; change: UserChatSessionChange }
  | { type: 'interrupted' }
  | { type: 'failed'; error: unknown }
  | { type: 'more' }
  | { type: 'more failed'; error: unknown };

const atFirst: State = { list: null, connection: 'connecting', problem: null, more: 'idle' };

function after(state: State, event: Event): State {
  switch (event.type) {
    case 'begun':
      return atFirst;
    case 'first page':
      return { ...state, list: withPage(emptyList, event.page), more: 'idle' };
    case 'page':
      return { ...state, list: withPage(state.list ?? emptyList, event.page), more: 'idle' };
    case 'change':
      return { ...state, list: state.list && withChange(state.list, event.change), connection: 'live' };
    case 'interrupted':
      return { ...state, connection: 'interrupted' };
    case 'failed':
      return { ...state, problem: { error: event.error } };
    case 'more':
      return { ...state, more: 'loading' };
    case 'more failed':
      return { ...state, more: { error: event.error } };
  }
}

/** A user's list of sessions, which stays right while it is shown. */
export function useSessionList(ledger: ChatledgerClient) {
  const [state, dispatch] = useReducer(after, atFirst);
  const [tries, setTries] = useState(0);

  useEffect(() => {
    const leaving = new AbortController();
    dispatch({ type: 'begun' });
    follow(ledger, leaving.signal, dispatch).catch((error: unknown) => {
      if (!leaving.signal.aborted) dispatch({ type: 'failed', error });
    });
    return () => {
      leaving.abort();
    };
  }, [ledger, tries]);

  const cursor = state.list?.nextCursor;
  const isReading = state.more === 'loading';
  useEffect(() => {
    if (!isReading || cursor == null) return;
    const leaving = new AbortController();
    const { signal } = leaving;
    ledger.sessions.page({ first: pageSize, after: cursor, signal }).then(
      (page) => {
        dispatch({ type: 'page', page });
      },
      (error: unknown) => {
        if (!signal.aborted) dispatch({ type: 'more failed', error });
      },
    );
    return () => {
      leaving.abort();
    };
  }, [ledger, isReading, cursor]);

  const readMore = useCallback(() => {
    dispatch({ type: 'more' });
  }, []);
  const retry = useCallback(() => {
    setTries((n) => n + 1);
  }, []);
  return { ...state, readMore, retry };
}

async function follow(
  ledger: ChatledgerClient,
  signal: AbortSignal,
  dispatch: (event: Event) => void,
): Promise<void> {
  const onInterrupted = () => {
    dispatch({ type: 'interrupted' });
  };
  for await (const change of ledger.sessions.watchList({ signal, onInterrupted })) {
    dispatch({ type: 'change', change });
    // The stream says so first, and again should the server not know what it missed while it was away. A list that is
    // read behind that misses nothing of what it tells later.
    if (change.__typename === 'UserChatSessionsCaughtUp' && change.isStart)
      dispatch({ type: 'first page', page: await ledger.sessions.page({ first: pageSize, signal }) });
  }
}
