import { ChatledgerError, RequestError } from '@chatledger/client';

/** Codes of which the reader wants to know something else than what the server says of them. */
const words: Readonly<Record<string, string>> = {
  NO_ANSWER: 'The server can’t be reached.',
  SERVICE_UNAVAILABLE: 'The server is not ready at the moment.',
  INTERNAL_SERVER_ERROR: 'Something went wrong in the server.',
  RATE_LIMITED: 'That was too much at once. Wait a moment.',
  UNAUTHENTICATED: 'The server does not know who you are. Sign in again.',
  NOT_FOUND: 'This conversation does not exist any more.',
  CONFLICT: 'The server has gone back to an earlier state of this conversation.',
};

/** What went wrong, for people to read. */
export function inWords(error: unknown): string {
  if (!(error instanceof ChatledgerError)) return 'Something went wrong in this page.';
  const text = words[error.code] ?? error.message;
  // By which whoever runs the server finds it in the log.
  const isInternal = error instanceof RequestError && error.code === 'INTERNAL_SERVER_ERROR';
  return isInternal && error.requestId !== undefined ? `${text} (Request ${error.requestId})` : text;
}
