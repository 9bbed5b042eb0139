import { inWords } from './in-words.ts';

/** An error in words, with a way to go on if there is one. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  return (
    <div className="notice problem" role="alert">
      <p>{inWords(error)}</p>
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** What is shown in the place of something that is being read. */
export function Loading({ what }: { what: string }) {
  return (
    <p className="notice loading" role="status">
      Loading {what} …
    </p>
  );
}
