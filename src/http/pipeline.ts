import type { ExecutionArgs, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { createDocumentReader, type DocumentReader } from './document-reader.js';
import { publicErrors } from './error-gate.js';
import { executeReference } from './execute.js';
import { addInputPaths } from './input-path.js';
import type { RequestState } from './request.js';
import { createWriter } from './write/create-writer.js';
import type { WrittenResult } from './write/writer.js';

/**
 * The one way from the text of a document to a result that may leave. Whatever brings requests and takes answers
 * away, Yoga or the lean adapter, goes through it.
 */
export interface Pipeline extends DocumentReader {
  /** Runs a query or a mutation that was parsed and validated. */
  execute(args: ExecutionArgs): Promise<ExecutionResult>;
  /** The same for those who want the answer as text, which is there sooner. */
  write(args: ExecutionArgs): Promise<WrittenResult>;
  /** Lets errors out through the gate alone, and notes what the log should know of them. */
  gate(result: ExecutionResult, state: RequestState): ExecutionResult;
}

export function createPipeline(schema: GraphQLSchema, log: Logger): Pipeline {
  const write = createWriter(schema);
  return {
    ...createDocumentReader(schema),
    async execute(args) {
      const result = await executeReference(args);
      if (result.errors) addInputPaths(args, result.errors);
      return result;
    },
    async write(args) {
      const result = await write(args);
      addInputPaths(args, result.errors);
      return result;
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
