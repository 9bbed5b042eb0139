import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, processRegularResult, type FetchAPI, type Plugin } from 'graphql-yoga';

/** Milliseconds between two heartbeats, as between the comments that Yoga writes into a stream of events. */
const pace = 12_000;

/**
 * Streams in the form that Apollo's clients ask for, where a client does not take events:
 * https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
export function useMultipartStream(): Plugin {
  return {
    onResultProcess(event) {
      // Whether the client takes either form was asked before there was a stream.
      if (isAsyncIterable(event.result) && event.resultProcessor === undefined)
        event.setResultProcessor(answer, 'multipart/mixed');
    },
  };
}

function answer(result: unknown, fetchAPI: FetchAPI): Response {
  if (!isAsyncIterable<ExecutionResult>(result)) throw new TypeError('Not a stream.');
  const results = result[Symbol.asyncIterator]();
  const encoder = new fetchAPI.TextEncoder();
  // A reader takes a part for whole when it meets the boundary behind it, so each part brings that with it.
  const part = (json: string) =>
    encoder.encode(`\r\ncontent-type: application/json\r\n\r\n${json}\r\n--graphql`);
  let heartbeat: NodeJS.Timeout | undefined;

  const body = new fetchAPI.ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode('\r\n--graphql'));
      heartbeat = setInterval(() => {
        // Not to a client that does not read: they would pile up.
        if ((controller.desiredSize ?? 0) > 0) controller.enqueue(part('{}'));
      }, pace);
    },
    async pull(controller) {
      const next = await results.next();
      if (!next.done) {
        // Yoga's own way to write a result, which leaves out what errors hold for the server alone.
        const json = await processRegularResult(next.value, fetchAPI, 'application/json').text();
        controller.enqueue(part(`{"payload":${json}}`));
        return;
      }
      clearInterval(heartbeat);
      controller.enqueue(encoder.encode('--\r\n'));
      controller.close();
    },
    async cancel() {
      clearInterval(heartbeat);
      await results.return?.();
    },
  });
  const headers = { 'content-type': 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0' };
  return new fetchAPI.Response(body, { headers });
}
