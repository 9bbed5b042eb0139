import type { Conversation } from '@chatledger/client';
import { useEffect, useMemo, useRef } from 'react';
import { MoreButton, type More } from '../shared/more-button.tsx';
import { entriesOf } from './entries.ts';
import { MessageItem } from './message-item.tsx';
import { OutgoingItem } from './outgoing-item.tsx';
import type { OutboxControl } from './use-outbox.ts';
import { useReadingPlace } from './use-reading-place.ts';

interface Props {
  readonly conversation: Conversation;
  readonly earlier: More;
  readonly onEarlier: () => void;
  readonly sessionId: string;
  readonly outbox: OutboxControl;
}

export function Messages({ conversation, earlier, onEarlier, sessionId, outbox }: Props) {
  const { messages, hasEarlier } = conversation;
  const entries = useMemo(() => entriesOf(messages), [messages]);
  const held = useMemo(() => new Set(messages.map(({ id }) => id)), [messages]);
  const outgoing = outbox.messages.filter((each) => each.sessionId === sessionId && !held.has(each.id));

  const { messages: inOutbox, arrived } = outbox;
  useEffect(() => {
    if (inOutbox.some(({ id }) => held.has(id))) arrived(held);
  }, [inOutbox, held, arrived]);

  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const { atEnd, toEnd } = useReadingPlace(scroller, list);

  // Who writes wants to see it there.
  const newestId = outgoing.at(-1)?.id;
  useEffect(() => {
    if (newestId !== undefined) scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [newestId]);

  const isEmpty = messages.length === 0 && outgoing.length === 0;
  const last = messages.at(-1);
  return (
    <div className="messages">
      {/* Focusable, so that the arrow keys scroll it. */}
      <div className="scroller" ref={scroller} tabIndex={0} role="region" aria-label="Messages">
        <div className="start">
          {hasEarlier ? (
            <MoreButton more={earlier} onMore={onEarlier}>
              Earlier messages
            </MoreButton>
          ) : (
            <p>{isEmpty ? 'No messages yet. Write the first one.' : 'The beginning'}</p>
          )}
        </div>
        <ol ref={list}>
          {entries.map((entry) => (
            <MessageItem key={entry.message.id} {...entry} />
          ))}
          {outgoing.map((message) => (
            <OutgoingItem
              key={message.id}
              message={message}
              onRetry={outbox.retry}
              onDiscard={outbox.discard}
            />
          ))}
        </ol>
      </div>
      {!atEnd && (
        <button type="button" className="to-end" onClick={toEnd}>
          <span aria-hidden="true">↓ </span>Newest
        </button>
      )}
      <p className="visually-hidden" role="status">
        {last?.status === 'IN_PROGRESS' && 'An answer is being written.'}
        {last?.role === 'ASSISTANT' && last.status === 'COMPLETE' && 'The answer is there.'}
      </p>
    </div>
  );
}
