import { useCallback, useMemo, useState } from 'react';
import { ConversationPane } from './conversation/conversation-pane.tsx';
import { useOutbox } from './conversation/use-outbox.ts';
import { ledgerOf } from './ledger.ts';
import { SessionsPane } from './sessions/sessions-pane.tsx';
import { useHash } from './shared/use-hash.ts';

/** The sessions of a user, and one of them. */
export function Chat({ userId, onSignOut }: { userId: string; onSignOut: () => void }) {
  const ledger = useMemo(() => ledgerOf(userId), [userId]);
  const outbox = useOutbox(ledger);
  const sessionId = useHash();
  /** The session that was begun here and waits for its first message. */
  const [begunId, setBegunId] = useState<string | null>(null);
  const begin = useCallback((id: string) => {
    setBegunId(id);
    location.hash = `/${id}`;
  }, []);
  const compose = useCallback(() => {
    setBegunId(null);
  }, []);
  return (
    // Narrow screens have room for one of the two: see style.css.
    <div className="chat" data-shows={sessionId ? 'conversation' : 'sessions'}>
      <SessionsPane
        ledger={ledger}
        userId={userId}
        openId={sessionId}
        onBegin={begin}
        onSignOut={onSignOut}
      />
      {sessionId ? (
        <ConversationPane
          key={sessionId}
          ledger={ledger}
          sessionId={sessionId}
          outbox={outbox}
          isNew={sessionId === begunId}
          onComposing={compose}
        />
      ) : (
        <main className="conversation">
          <p className="notice">Choose a conversation, or begin a new one.</p>
        </main>
      )}
    </div>
  );
}
