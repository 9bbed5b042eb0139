import { newId, type ChatledgerClient } from 'chatledger/client';
import { useCallback, useEffect, useReducer } from 'react';
import { afterOutbox, nextToSend, type Outbox, type OutboxEvent } from './outbox.ts';

/** What is on its way to the ledger, of all sessions: leaving one does not stop its messages. */
export interface OutboxControl {
  readonly messages: Outbox;
  readonly send: (sessionId: string, content: string) => void;
  readonly retry: (id: string) => void;
  readonly discard: (id: string) => void;
  /** Says which messages are there, so that they are not shown twice. */
  readonly arrived: (ids: ReadonlySet<string>) => void;
}

export function useOutbox(ledger: ChatledgerClient): OutboxControl {
  const [messages, dispatch] = useReducer(afterOutbox, []);

  const next = nextToSend(messages);
  useEffect(() => {
    if (!next) return;
    const { id, sessionId, content } = next;
    dispatch({ type: 'sending', id });
    // The client tries again by itself for a while. The id keeps all tries one message.
    ledger.messages.append({ sessionId, message: { id, role: 'USER', content } }).then(
      () => {
        dispatch({ type: 'sent', id });
      },
      (error: unknown) => {
        dispatch({ type: 'failed', id, error });
      },
    );
  }, [ledger, next]);

  return {
    messages,
    send: useCallback((sessionId, content) => {
      dispatch({ type: 'written', message: { id: newId(), sessionId, content } });
    }, []),
    retry: useEvent(dispatch, 'retry'),
    discard: useEvent(dispatch, 'discarded'),
    arrived: useCallback((ids) => {
      dispatch({ type: 'arrived', ids });
    }, []),
  };
}

function useEvent(dispatch: (event: OutboxEvent) => void, type: 'retry' | 'discarded') {
  return useCallback(
    (id: string) => {
      dispatch({ type, id });
    },
    [dispatch, type],
  );
}
