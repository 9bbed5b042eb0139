import type { ChatledgerClient } from '@chatledger/client';
import { useEffect, useRef } from 'react';
import { ConnectionState } from '../shared/connection.tsx';
import { Loading, Problem } from '../shared/notices.tsx';
import { Composer } from './composer.tsx';
import { Messages } from './messages.tsx';
import { useConversation } from './use-conversation.ts';
import type { OutboxControl } from './use-outbox.ts';

interface Props {
  readonly ledger: ChatledgerClient;
  readonly sessionId: string;
  readonly outbox: OutboxControl;
  /** Whether to begin with writing. */
  readonly isNew: boolean;
  readonly onComposing: () => void;
}

export function ConversationPane({ ledger, sessionId, outbox, isNew, onComposing }: Props) {
  const { conversation, isMissing, connection, problem, earlier, readEarlier, retry } = useConversation(
    ledger,
    sessionId,
  );
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // On narrow screens the link that led here has gone with its list, and the focus with it.
    if (!document.activeElement?.checkVisibility()) heading.current?.focus();
  }, []);

  const { resend } = outbox;
  useEffect(() => {
    // Changes come in again, so the server is back.
    if (connection === 'live') resend();
  }, [connection, resend]);

  const isGone = isMissing || conversation?.session === null;
  return (
    <main className="conversation">
      <header>
        <a className="back" href="#/">
          <span aria-hidden="true">‹ </span>All
          <span className="visually-hidden"> conversations</span>
        </a>
        <h2 ref={heading} tabIndex={-1} dir="auto">
          {conversation?.session ? (conversation.session.title ?? 'Untitled') : 'Conversation'}
        </h2>
        {!isGone && !problem && <ConnectionState connection={connection} />}
      </header>
      {problem && <Problem error={problem.error} onRetry={retry} />}
      {isGone && <p className="notice">This conversation does not exist, or not any more.</p>}
      {!conversation && !isMissing && !problem && <Loading what="the conversation" />}
      {conversation && !isGone && (
        <>
          <Messages
            conversation={conversation}
            earlier={earlier}
            onEarlier={readEarlier}
            sessionId={sessionId}
            outbox={outbox}
          />
          <Composer
            key={sessionId}
            sessionId={sessionId}
            hasFocus={isNew}
            onFocus={onComposing}
            onSend={(content) => {
              outbox.send(sessionId, content);
            }}
          />
        </>
      )}
    </main>
  );
}
