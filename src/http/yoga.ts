import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { execute, GraphQLError, subscribe, type ExecutionArgs } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Database } from '../data/database.js';
import type { Hints } from '../data/hints.js';
import { UnauthenticatedError } from '../errors.js';
import type { Feed } from '../ledger/feed/feed.js';
import { openLedger } from '../ledger/ledger.js';
import type { Context } from '../schema/context.js';
import { schema } from '../schema/schema.js';
import { graphiqlOptions } from './graphiql.js';
import type { RequestState } from './request.js';
import { documentCaches, useDocumentLimits } from './use-document-limits.js';
import { useErrorGate } from './use-error-gate.js';
import { useEventStream } from './use-event-stream.js';
import { useInputPath } from './use-input-path.js';
import { useMultipartStream } from './use-multipart-stream.js';

export const graphqlPath = '/graphql';

export type Yoga = YogaServerInstance<RequestState, Context>;

/** GraphQL over HTTP: everything from the body of a request to that of its answer. */
export function createGraphQL(
  config: Pick<Config, 'graphiql' | 'bodyLimit'>,
  database: Database,
  hints: Pick<Hints, 'announce'>,
  feed: Feed,
  log: Logger,
): Yoga {
  return createYoga<RequestState, Context>({
    schema,
    context: ({ viewer, expiresAt, requestId }) => {
      if (viewer === null) throw new UnauthenticatedError('Say who you are: send an authorization header.');
      return { ledger: openLedger(database, hints, viewer), feed, expiresAt, requestId };
    },
    graphqlEndpoint: graphqlPath,
    plugins: [
      useReferenceExecutor(),
      useDocumentLimits(),
      useInputPath(),
      useReadableParameters(),
      useErrorGate(log),
      useMultipartStream(),
      useEventStream(),
    ],
    parserAndValidationCache: documentCaches(),
    // The server around it does this, for its own answers too.
    cors: false,
    graphiql: config.graphiql ? graphiqlOptions : false,
    renderGraphiQL,
    landingPage: false,
    multipart: false,
    maxRequestBodySize: config.bodyLimit,
    // The gate does this.
    maskedErrors: false,
    logging: false,
  });
}

/** graphql-js itself, whose answers are the measure for every other way. */
function useReferenceExecutor(): Plugin {
  return {
    onExecute: ({ setExecuteFn }) => {
      // Each of these errors quotes the value that it refuses, in full.
      setExecuteFn((args: ExecutionArgs) => execute({ ...args, options: { maxCoercionErrors: 5 } }));
    },
    onSubscribe: ({ setSubscribeFn }) => {
      setSubscribeFn(subscribe);
    },
  };
}

/** Variables and extensions come as JSON in the address of a GET, where Yoga takes it for granted that they hold. */
function useReadableParameters(): Plugin {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return;
      setRequestParser(async (request) => {
        try {
          return await requestParser(request);
        } catch (error) {
          if (!(error instanceof SyntaxError)) throw error;
          throw new GraphQLError('Variables and extensions must be JSON.', {
            extensions: { code: 'BAD_REQUEST' },
          });
        }
      });
    },
  };
}
