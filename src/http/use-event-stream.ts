import type { ServerResponse } from 'node:http';
import { GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../schema/context.js';
import { acceptedTypes } from './accept.js';
import type { RequestState } from './request.js';

/** Answers subscriptions with streams alone, and says to proxies and browsers how to treat them. */
export function useEventStream(): Plugin<Context, RequestState & { readonly res: ServerResponse }> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const accept = args.contextValue.request.headers.get('accept') ?? undefined;
      if (!acceptedTypes(accept).stream) setResultAndStopExecution({ errors: [notAcceptable()] });
    },
    onResultProcess({ result, serverContext }) {
      // The client went away while the stream was made. Nobody will read it, so nobody else would end it.
      if (serverContext.res.closed && isAsyncIterable(result)) void result[Symbol.asyncIterator]().return?.();
    },
    onResponse({ response: { headers }, serverContext }) {
      if (
        !/^(text\/event-stream|multipart\/mixed;.*subscriptionSpec)/.test(headers.get('content-type') ?? '')
      )
        return;
      serverContext.place.leave();
      serverContext.scope.deadline = Infinity;
      // nginx and its like would gather the events into a buffer before they pass them on.
      headers.set('x-accel-buffering', 'no');
      // Not "none", which is no coding that anybody knows.
      headers.delete('content-encoding');
      headers.set('cache-control', 'private, no-store, no-transform');
    },
  };
}

function notAcceptable(): GraphQLError {
  return new GraphQLError('A subscription is answered in text/event-stream: accept that.', {
    extensions: { code: 'NOT_ACCEPTABLE' },
  });
}
