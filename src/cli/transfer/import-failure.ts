import { NoAnswerError, RequestError } from '@chatledger/client';
import { toFormatField } from './chat-format.js';

/** Failures whose reason may be in what was sent. All others would meet the next conversation as well. */
const codesOfContent: ReadonlySet<string> = new Set([
  'BAD_USER_INPUT',
  'PAYLOAD_TOO_LARGE',
  'QUERY_TOO_COMPLEX',
  'INTERNAL_SERVER_ERROR',
]);

/** Whether less at once may be taken. */
export function isTooLarge(error: unknown): boolean {
  if (error instanceof NoAnswerError) return error.status === 413;
  return error instanceof RequestError && ['PAYLOAD_TOO_LARGE', 'QUERY_TOO_COMPLEX'].includes(error.code);
}

/**
 * What the server has against a batch, with the path in the file. Undefined when the reason is not in the batch: the
 * server is away, the token is not the right one.
 *
 * @param batch what was sent; empty for the session itself
 */
export function problemIn(error: unknown, batch: readonly { readonly index: number }[]): string | undefined {
  if (!isTooLarge(error) && !(error instanceof RequestError && codesOfContent.has(error.code)))
    return undefined;
  const { message } = error as Error;
  const inputPath = error instanceof RequestError ? (error.inputPath ?? []) : [];
  const path = inputPath.slice(1);
  const first = batch[0]?.index;
  if (first === undefined) return [path.join('.'), message].filter((part) => part !== '').join(': ');
  const [list, offset, field, ...deeper] = path;
  // The start and the end of an unfinished message take it without a list around it.
  if (list !== 'messages' || typeof offset !== 'number') return `messages.${first}: ${message}`;
  const names = field === undefined ? [] : [toFormatField(String(field)), ...deeper];
  return `${['messages', first + offset, ...names].join('.')}: ${message}`;
}
