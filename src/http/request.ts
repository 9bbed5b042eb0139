import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { DocumentNode } from 'graphql';
import type { Viewer } from '../auth/viewer.js';
import { RequestScope } from '../data/request-scope.js';
import type { ErrorCode } from '../errors.js';
import type { BadValue } from './bad-value.js';
import type { Place } from './queue.js';

/** What is known of a request besides what Node knows, for whichever adapter answers it. */
export interface RequestState {
  /** Identifies the request in logs, in errors and in the header x-request-id. */
  readonly requestId: string;
  /** Null for nobody. */
  viewer: Viewer | null;
  /** When the proof of who the viewer is expires, in milliseconds since 1970; null for never. */
  expiresAt: number | null;
  /** One of its variables that is refused, which can't be told of parsed JSON. */
  badValue: BadValue | undefined;
  // The rest are objects of their own, because adapters copy the state.
  /** For the log. */
  readonly outcome: { codes: readonly ErrorCode[] };
  /** Among the requests that wait. */
  readonly place: Place;
  /** Goes when the client hangs up. */
  readonly scope: RequestScope;
  /** Whether the client waits to be asked for the body, `Expect: 100-continue`. */
  readonly awaitsContinue: boolean;
  /** What was found out about its document, so that the next adapter need not look again. */
  readonly document: ReadDocument;
}

/** The document of a request, or why it can't be parsed. Empty until it was read. */
export interface ReadDocument {
  text?: string;
  parsed?: DocumentNode;
  refusal?: unknown;
}

/** The path of a request, without the query. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** Begins a request that came over HTTP. */
export function beginRequest(request: IncomingMessage, place: Place, awaitsContinue: boolean): RequestState {
  return newRequestState(requestIdOf(request), place, awaitsContinue);
}

/** The id of a request: the caller's, if that is a plain word, so that one id runs through a whole system. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}

/** A request of which nothing is known yet. */
export function newRequestState(requestId: string, place: Place, awaitsContinue = false): RequestState {
  return {
    requestId,
    viewer: null,
    expiresAt: null,
    badValue: undefined,
    outcome: { codes: [] },
    place,
    scope: new RequestScope(),
    awaitsContinue,
    document: {},
  };
}
