import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/viewer.js';
import type { Config } from '../config.js';
import type { CredentialsCipher } from '../data/credentials/cipher.js';
import type { Database } from '../data/database.js';
import type { ChangeNotifier } from '../data/change-notifier.js';
import { UnauthenticatedError } from '../errors.js';
import type { Feed } from '../ledger/feed/feed.js';
import { openLedger } from '../ledger/ledger.js';
import type { Context } from '../schema/context.js';
import { schema } from '../schema/schema.js';
import { decodeUtf8, isUtf8Address } from '../utf8.js';
import { acceptedTypes } from './accept.js';
import { answerBusy, answerError, commonHeaders } from './answers.js';
import { badNumberInUrl, parseRequest, type Parsed } from './bad-value.js';
import { createFastPath } from './fast-path.js';
import { createPipeline } from './pipeline.js';
import { readBody } from './read-body.js';
import type { RequestState } from './request.js';
import {
  untrusted,
  withTrustedQuery,
  withTrustedQueryInUrl,
  type TrustedDocuments,
} from './trusted-documents.js';
import { createSocketProtocol, type SocketProtocol } from './websocket/protocol.js';
import { createYogaAdapter } from './yoga.js';

/** Answers a request for GraphQL of which the viewer is known. */
export type GraphQLHandler = (
  request: IncomingMessage & { body?: unknown },
  response: ServerResponse,
  state: RequestState,
) => Promise<void>;

/** GraphQL: one pipeline, and what brings operations to it. */
export interface GraphQL {
  /** Over HTTP, by two adapters. */
  readonly answer: GraphQLHandler;
  /** Over WebSocket. */
  readonly protocol: SocketProtocol;
  /** Counts a WebSocket of a viewer. @returns what to call when it is closed; undefined when there are too many */
  readonly admitSocket: (viewer: Viewer) => (() => void) | undefined;
}

export function createGraphQL(
  config: Pick<Config, 'arrivalTimeout' | 'bodyLimit' | 'fastPath' | 'limits' | 'requestTimeout'>,
  parts: {
    readonly database: Database;
    readonly cipher: CredentialsCipher;
    readonly notifier: Pick<ChangeNotifier, 'notify'>;
    readonly feed: Feed;
    readonly log: Logger;
    /** Undefined: any documents are run. */
    readonly trusted: TrustedDocuments | undefined;
  },
): GraphQL {
  const { database, cipher, notifier, feed, log, trusted } = parts;
  const openContext = ({ viewer, expiresAt, requestId, scope }: RequestState): Context => {
    if (viewer === null) throw new UnauthenticatedError('Say who you are: send an authorization header.');
    // Streams have none, from when they begin.
    scope.deadline = performance.now() + config.requestTimeout;
    scope.answerLimit = config.limits.answer;
    const ledger = openLedger(database, cipher, notifier, viewer, scope);
    return { ledger, feed, expiresAt, windows: undefined, requestId };
  };
  const pipeline = createPipeline(schema, config.limits, log);
  const yoga = createYogaAdapter(pipeline, openContext);
  const fastPath = createFastPath(schema, pipeline, openContext, yoga.fetchAPI);

  const throughYoga: GraphQLHandler = async (request, response, state) => {
    response.setHeaders(new Map(Object.entries(commonHeaders(state))));
    const { single, stream } = acceptedTypes(request.headers.accept);
    // Yoga knows no weights: these are what it would have to choose.
    request.headers.accept = [single, stream].filter((type) => type !== undefined).join(', ');
    await yoga(request, response, state);
  };

  const answer: GraphQLHandler = async (request, response, state) => {
    if (request.method !== 'POST') {
      if (!isUtf8Address(request.url ?? '')) {
        answerError(response, state, 400, 'BAD_REQUEST', 'The address must be percent-encoded UTF-8.');
        return;
      }
      if (trusted && request.method === 'GET') {
        const address = withTrustedQueryInUrl(trusted, request.url ?? '');
        if (address === undefined) {
          refuseUntrusted(response, state);
          return;
        }
        request.url = address;
      }
      if (request.method === 'GET') state.badValue = badNumberInUrl(request.url ?? '');
      if (state.place.take()) await throughYoga(request, response, state);
      else answerBusy(response, state);
      return;
    }
    const bytes = await readBody(request, config.bodyLimit, () => {
      if (state.awaitsContinue) response.writeContinue();
    });
    if (bytes === null) return;
    if (bytes === undefined) {
      // The rest of the body is still coming in, and would stand before the next request on this connection.
      const headers = { connection: 'close' };
      const message = `The request is larger than ${config.bodyLimit} bytes.`;
      answerError(response, state, 413, 'PAYLOAD_TOO_LARGE', message, headers);
      return;
    }
    // Not before the whole of it is there: whoever sends slowly is not to take the places of others.
    if (!state.place.take()) {
      answerBusy(response, state);
      return;
    }
    const text = decodeUtf8(bytes);
    if (text === undefined) {
      answerError(response, state, 400, 'BAD_REQUEST', 'The body must be UTF-8.');
      return;
    }
    const { body: sent, badValue } = parse(text, config.bodyLimit);
    state.badValue = badValue;
    const body = trusted ? withTrustedQuery(trusted, sent) : sent;
    if (body === undefined) {
      refuseUntrusted(response, state);
      return;
    }
    if (config.fastPath && (await fastPath(body, request.headers.accept, response, state))) return;
    request.body = asYogaTakesIt(body);
    await throughYoga(request, response, state);
  };
  return {
    answer,
    protocol: createSocketProtocol(config.arrivalTimeout, { pipeline, openContext, trusted }),
    admitSocket: (viewer) => pipeline.admitSocket(viewer),
  };
}

function refuseUntrusted(response: ServerResponse, state: RequestState): void {
  answerError(response, state, 403, 'FORBIDDEN', untrusted);
}

/** What is no JSON, or too much of it. */
const unreadable = Symbol();

function parse(text: string, bodyLimit: number): Parsed {
  try {
    return parseRequest(text, bodyLimit, ['variables']);
  } catch {
    return { body: unreadable, badValue: undefined };
  }
}

/**
 * Yoga takes a body that was read as an object with something in it, or else as text, of which only the type matters.
 * It refuses properties that it does not know; GraphQL over HTTP reserves none, and clients send theirs along.
 */
function asYogaTakesIt(body: unknown): unknown {
  if (body === unreadable) return 'unreadable';
  if (Array.isArray(body) && body.length > 0) return body;
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    const { query, variables, operationName, extensions } = body as Record<string, unknown>;
    return { query, variables, operationName, extensions };
  }
  const samples: Record<string, string> = { string: '""', number: '0', boolean: 'true' };
  return samples[typeof body] ?? JSON.stringify(body);
}
