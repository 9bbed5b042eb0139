import { execute, type ExecutionArgs, type ExecutionResult } from 'graphql';

/** Runs a query or a mutation with graphql-js. */
export function executeReference(args: ExecutionArgs): ExecutionResult | Promise<ExecutionResult> {
  // Each of these errors quotes the value that it refuses, in full.
  return execute({ ...args, options: { maxCoercionErrors: 5 } });
}
