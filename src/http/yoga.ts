import { GraphQLError } from 'graphql';
import { createYoga, type Plugin, type YogaServerInstance, type YogaServerOptions } from 'graphql-yoga';
import type { Context } from '../schema/context.js';
import { schema } from '../schema/schema.js';
import { isHashAlone, persistedQueryNotSupported } from './persisted-query.js';
import type { Pipeline } from './pipeline.js';
import type { RequestState } from './request.js';
import { useErrorGate } from './use-error-gate.js';
import { useEventStream } from './use-event-stream.js';
import { usePipeline } from './use-pipeline.js';
import { useMultipartStream } from './use-multipart-stream.js';

export const graphqlPath = '/graphql';

export type Yoga = YogaServerInstance<RequestState, Context>;

/** Yoga: for everything that GraphQL over HTTP knows. */
export function createYogaAdapter(pipeline: Pipeline, openContext: (state: RequestState) => Context): Yoga {
  return createYoga(yogaOptions(pipeline, openContext));
}

export function yogaOptions(
  pipeline: Pipeline,
  openContext: (state: RequestState) => Context,
): YogaServerOptions<RequestState, Context> {
  return {
    schema,
    context: openContext,
    graphqlEndpoint: graphqlPath,
    // Yoga's plugins see only what does not take the fast path, which is next to nothing. What is to hold of all
    // requests belongs into the pipeline or the server around; here is what Yoga needs to do the same, or what only
    // its requests can be. `test/api/yoga` lists for each hook where the fast path has its counterpart.
    plugins: [
      usePipeline(pipeline),
      useCheckedParameters(),
      useErrorGate(pipeline),
      useMultipartStream(),
      useEventStream(),
    ],
    // The pipeline has one.
    parserAndValidationCache: false,
    // The server around it does this, for its own answers too.
    cors: false,
    // And this: before Yoga is asked.
    graphiql: false,
    landingPage: false,
    multipart: false,
    // The server around it reads the bodies.
    maxRequestBodySize: false,
    // The gate does this.
    maskedErrors: false,
    logging: false,
  };
}

/**
 * Variables and extensions come as JSON in the address of a GET, where Yoga takes it for granted that they hold. And a
 * hash may stand in the place of a document, which is not kept here: its client then sends the text.
 */
function useCheckedParameters(): Plugin {
  return {
    onRequestParse({ requestParser, setRequestParser }) {
      if (!requestParser) return;
      setRequestParser(async (request) => {
        try {
          const parameters = await requestParser(request);
          if (isHashAlone(parameters)) throw persistedQueryNotSupported();
          return parameters;
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
