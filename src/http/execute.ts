import {
  defaultFieldResolver,
  execute,
  GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from 'graphql';
import { AnswerTooLargeError } from '../errors.js';
import { counted } from '../schema/counted-leaves.js';

/** For fields without a resolver. */
export const fieldResolver = counted(defaultFieldResolver);

/** Runs a query or a mutation with graphql-js. */
export async function executeReference(args: ExecutionArgs): Promise<ExecutionResult> {
  // Each of these errors quotes the value that it refuses, in full.
  const options = { maxCoercionErrors: 5 };
  return withinLimit(await execute({ ...args, fieldResolver, options }));
}

/** Replaces the result by one error when it is too large: every later field has failed for the same reason. */
export function withinLimit(result: ExecutionResult): ExecutionResult {
  const excess = result.errors?.find(({ originalError }) => originalError instanceof AnswerTooLargeError);
  if (!excess) return result;
  return { data: null, errors: [new GraphQLError(excess.message, { originalError: excess.originalError })] };
}
