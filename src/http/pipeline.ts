import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { createDocumentReader, type DocumentReader } from './document-reader.js';
import { publicErrors } from './error-gate.js';
import type { Execute } from './executor.js';
import { addInputPaths } from './input-path.js';
import type { RequestState } from './request.js';

/**
 * The one way from the text of a document to a result that may leave. Whatever brings requests and takes answers
 * away, Yoga or the lean adapter, goes through it.
 */
export interface Pipeline extends DocumentReader {
  /** Runs a query or a mutation that was parsed and validated. */
  execute(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult>;
  /** Lets errors out through the gate alone, and notes what the log should know of them. */
  gate(result: ExecutionResult, state: RequestState): ExecutionResult;
}

export function createPipeline(schema: GraphQLSchema, log: Logger, execute: Execute): Pipeline {
  function withPaths(args: ExecutionArgs, result: ExecutionResult): ExecutionResult {
    if (result.errors) addInputPaths(args, result.errors);
    return result;
  }

  return {
    ...createDocumentReader(schema),
    execute(args) {
      const result = execute(args);
      return result instanceof Promise
        ? result.then((settled) => withPaths(args, settled))
        : withPaths(args, result);
    },
    gate(result, { requestId, outcome }) {
      if (!result.errors) return result;
      const { errors, codes, faults } = publicErrors(result.errors, requestId);
      outcome.codes = [...outcome.codes, ...codes];
      for (const fault of faults) log.error({ requestId, err: fault }, 'A request failed.');
      return { ...result, errors: [...errors] };
    },
  };
}
