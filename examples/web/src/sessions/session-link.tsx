import type { ChatSession } from '@chatledger/client';
import { memo } from 'react';
import { shortTime } from '../shared/times.ts';

/** A session in the list. */
export const SessionLink = memo(function SessionLink({
  session,
  isOpen,
}: {
  session: ChatSession;
  isOpen: boolean;
}) {
  const { id, title, messageCount, updatedAt } = session;
  return (
    <li>
      <a href={`#/${id}`} aria-current={isOpen ? 'page' : undefined}>
        <span className="title" dir="auto">
          {title ?? 'Untitled'}
        </span>
        <span className="facts">
          {messageCount === 1 ? '1 message' : `${messageCount} messages`}
          <time dateTime={updatedAt}>{shortTime(updatedAt)}</time>
        </span>
      </a>
    </li>
  );
});
