import type { ChatledgerClient } from '@chatledger/client';
import { useState } from 'react';
import { ConnectionState } from '../shared/connection.tsx';
import { MoreButton } from '../shared/more-button.tsx';
import { Loading, Problem } from '../shared/notices.tsx';
import { SessionLink } from './session-link.tsx';
import { useSessionList } from './use-session-list.ts';

interface Props {
  readonly ledger: ChatledgerClient;
  readonly userId: string;
  readonly openId: string;
  /** Is called with the id of a session that the user has just begun. */
  readonly onBegin: (id: string) => void;
  readonly onSignOut: () => void;
}

export function SessionsPane({ ledger, userId, openId, onBegin, onSignOut }: Props) {
  const { list, connection, problem, more, readMore, retry } = useSessionList(ledger);
  return (
    <nav className="sessions" aria-label="Conversations">
      <header>
        <div className="headline">
          <h1>Conversations</h1>
          {!problem && <ConnectionState connection={connection} />}
        </div>
        <NewConversation ledger={ledger} onBegin={onBegin} />
      </header>
      <div className="scroller">
        {problem && <Problem error={problem.error} onRetry={retry} />}
        {!list && !problem && <Loading what="conversations" />}
        {list?.sessions.length === 0 && <p className="notice">There are none yet.</p>}
        {list && (
          <ul>
            {list.sessions.map((session) => (
              <SessionLink key={session.id} session={session} isOpen={session.id === openId} />
            ))}
          </ul>
        )}
        {list?.nextCursor != null && (
          <MoreButton more={more} onMore={readMore}>
            More conversations
          </MoreButton>
        )}
      </div>
      <footer>
        <span>
          Signed in as <strong>{userId}</strong>
        </span>
        <button type="button" onClick={onSignOut}>
          Sign out
        </button>
      </footer>
    </nav>
  );
}

function NewConversation({ ledger, onBegin }: Pick<Props, 'ledger' | 'onBegin'>) {
  const [state, setState] = useState<'idle' | 'creating' | { error: unknown }>('idle');

  async function create() {
    if (state === 'creating') return;
    setState('creating');
    try {
      const { chatSession } = await ledger.sessions.create({});
      onBegin(chatSession.id);
      setState('idle');
    } catch (error) {
      setState({ error });
    }
  }

  return (
    <>
      <button type="button" onClick={() => void create()} aria-busy={state === 'creating'}>
        New
        <span className="visually-hidden"> conversation</span>
      </button>
      {typeof state === 'object' && <Problem error={state.error} />}
    </>
  );
}
