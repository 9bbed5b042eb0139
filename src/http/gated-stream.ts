import { GraphQLError, type ExecutionResult } from 'graphql';

/** Lets each event of a stream out through the gate. When the stream itself breaks off, the reason is its last event. */
export function gatedStream(
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

/** What was thrown, in the form in which the gate takes it. */
export function asGraphQLError(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  return error instanceof GraphQLError ? error : new GraphQLError(originalError.message, { originalError });
}
