import { inWords } from '../shared/in-words.ts';
import { isPassing, type OutgoingMessage } from './outbox.ts';

interface Props {
  readonly message: OutgoingMessage;
  readonly onRetry: (id: string) => void;
  readonly onDiscard: (id: string) => void;
}

/** A message that is on its way. */
export function OutgoingItem({ message: { id, content, state }, onRetry, onDiscard }: Props) {
  return (
    <li className="message outgoing" data-id={id} data-role="USER">
      <article aria-label="You, on its way">
        <header>
          <strong>You</strong>
          {typeof state === 'string' && (
            <span role="status">{state === 'waiting' ? 'Waiting …' : 'Sending …'}</span>
          )}
        </header>
        <div className="text" dir="auto">
          {content}
        </div>
        {typeof state === 'object' && (
          <div className="aside" role="alert">
            <p>
              Not sent. {inWords(state.error)}
              {isPassing(state.error) && ' It will be sent again.'}
            </p>
            <button
              type="button"
              onClick={() => {
                onRetry(id);
              }}
            >
              Try again
            </button>
            <button
              type="button"
              onClick={() => {
                onDiscard(id);
              }}
            >
              Discard
            </button>
          </div>
        )}
      </article>
    </li>
  );
}
