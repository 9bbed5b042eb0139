import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import type { Context } from '../schema/context.js';
import { gatedStream } from './gated-stream.js';
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
