import type { ChatMessage, ChatMessageRole } from '@chatledger/client';
import { memo } from 'react';
import { fullTime } from '../shared/times.ts';
import { sameEntry, type Entry } from './entries.ts';
import { ToolCallDetails } from './tool-call-details.tsx';
import { readToolCalls, resultsOf } from './tool-calls.ts';

const speakers: Readonly<Record<ChatMessageRole, string>> = {
  USER: 'You',
  ASSISTANT: 'Assistant',
  SYSTEM: 'Instructions',
  DEVELOPER: 'Instructions',
  TOOL: 'Result of a tool',
  FUNCTION: 'Result of a function',
};

/** A message. Drawn anew only when it changes: the others of a long conversation are left alone while one grows. */
export const MessageItem = memo(function MessageItem({ message, results }: Entry) {
  const { id, sequence, role, status, name, refusal, createdAt } = message;
  const calls = readToolCalls(message);
  const resultOf = resultsOf(calls, results);
  return (
    <li
      className="message"
      data-id={id}
      data-role={role}
      data-status={status}
      aria-busy={status === 'IN_PROGRESS'}
    >
      <article aria-label={`${speakers[role]}, message ${sequence + 1}`}>
        <header>
          <strong>{speakers[role]}</strong>
          {name !== null && <span dir="auto">{name}</span>}
          <time dateTime={createdAt}>{fullTime(createdAt)}</time>
        </header>
        <Content message={message} />
        {refusal !== null && (
          <p className="aside">
            Refused: <bdi>{refusal}</bdi>
          </p>
        )}
        {calls.map((call, index) => (
          <ToolCallDetails key={index} call={call} result={resultOf[index]} />
        ))}
        {status === 'FAILED' && <p className="aside">The answer broke off here.</p>}
        {status === 'CANCELLED' && <p className="aside">The answer was stopped here.</p>}
      </article>
    </li>
  );
}, sameEntry);

function Content({ message: { role, content, status } }: { message: ChatMessage }) {
  // An answer that has begun shows that it has, before its first words.
  if (!content && status !== 'IN_PROGRESS') return null;
  const text = (
    <div className="text" dir="auto">
      {content}
    </div>
  );
  if (role === 'USER' || role === 'ASSISTANT') return text;
  return (
    <details>
      <summary>
        <span className="preview" dir="auto">
          {content?.split('\n', 1)[0]?.slice(0, 80)}
        </span>
      </summary>
      {text}
    </details>
  );
}
