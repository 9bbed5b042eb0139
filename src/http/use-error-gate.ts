import { GraphQLError, type ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../schema/context.js';
import type { Pipeline } from './pipeline.js';
import type { RequestState } from './request.js';

/** Lets errors out through the gate alone: those of an answer, and those of each event of a stream. */
export function useErrorGate({ gate }: Pick<Pipeline, 'gate'>): Plugin<Context, RequestState> {
  return {
    onResultProcess(event) {
      const { result, serverContext } = event;
      if (Array.isArray(result)) return;
      const pass = (given: ExecutionResult) => gate(given, serverContext);
      event.setResult(isAsyncIterable(result) ? gatedStream(result, pass) : pass(result));
    },
  };
}

/** The same for each event. When the stream itself breaks off, the reason is its last event. */
function gatedStream(
  results: AsyncIterable<ExecutionResult>,
  gate: (result: ExecutionResult) => ExecutionResult,
): AsyncIterableIterator<ExecutionResult, undefined> {
  const iterator = results[Symbol.asyncIterator]();
  let broken = false;
  const end = { done: true, value: undefined } as const;
  return {
    async next() {
      if (broken) return end;
      try {
        const result = await iterator.next();
        return result.done ? end : { done: false, value: gate(result.value) };
      } catch (error) {
        broken = true;
        return { done: false, value: gate({ errors: [asGraphQLError(error)] }) };
      }
    },
    async return() {
      await iterator.return?.();
      return end;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function asGraphQLError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return error instanceof GraphQLError ? error : new GraphQLError(originalError.message, { originalError });
}
