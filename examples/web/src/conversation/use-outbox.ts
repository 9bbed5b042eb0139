import { newId, type ChatledgerClient } from '@chatledger/client';
import { useCallback, useEffect, useReducer } from 'react';
import { afterOutbox, hasFailedInPassing, nextToSend, type Outbox, type OutboxEvent } from './outbox.ts';

/** What is on its way to the ledger, of all sessions: leaving one does not stop its messages. */
export interface OutboxControl {
  readonly messages: Outbox;
  readonly send: (sessionId: string, content: string) => void;
  readonly retry: (id: string) => void;
  readonly discard: (id: string) => void;
  /** Sends again what failed while the server was away: call it when there is reason to believe that it is back. */
  readonly resend: () => void;
  /** Says which messages are there, so that they are not shown twice. */
  readonly arrived: (ids: ReadonlySet<string>) => void;
}

/** Milliseconds after which a message that failed while the server was away is sent again, whatever else happens. */
const pause = 10_000;

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

  const resend = useCallback(() => {
    dispatch({ type: 'resend' });
  }, []);
  const hasFailed = messages.some(hasFailedInPassing);
  useEffect(() => {
    if (!hasFailed) return;
    const timer = setTimeout(resend, pause);
    addEventListener('online', resend);
    return () => {
      clearTimeout(timer);
      removeEventListener('online', resend);
    };
  }, [hasFailed, resend]);

  return {
    messages,
    resend,
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
