import { createTextExecutor, type TextResult } from '@chatledger/text-executor';
import { GraphQLError, type ExecutionArgs, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import type { Logger } from 'pino';
import type { Viewer } from '../auth/viewer.js';
import type { Limits } from '../config.js';
import { JsonText } from '../data/row-values.js';
import { AnswerTooLargeError } from '../errors.js';
import { badValueError, type BadValue } from './bad-value.js';
import { createDocumentReader, type DocumentReader } from './document-reader.js';
import { publicErrors } from './error-gate.js';
import { createSubscribe } from './events.js';
import { executeReference } from './execute.js';
import { addDocumentPaths } from './input-path.js';
import { createAdmission } from './limits/admission.js';
import { endedStream } from './limits/live-limit.js';
import type { RequestState } from './request.js';
import { createVariableReader, type TakenVariables } from './read-variables.js';

/** What a request brings besides its operation. */
export interface Asking {
  /** Whose limits count. */
  readonly viewer: Viewer | null;
  /** Its `extensions`. With `cost: true` those of the answer say what the operation costs. */
  readonly extensions?: unknown;
  /** A value among its variables that is refused. */
  readonly badValue?: BadValue | undefined;
}

/** The answer as text, and the `extensions` that it has. */
export interface WrittenAnswer extends TextResult {
  readonly extensions?: { readonly cost: number };
}

/** A result that may leave. Yoga writes it with its `stringify`. */
export interface GatedResult extends ExecutionResult {
  readonly stringify?: (result: ExecutionResult) => string;
}

/**
 * The one way from the text of a document to a result that may leave. Whatever brings requests and takes answers
 * away, Yoga, the fast path or a WebSocket, goes through it; so what is to hold of every operation is done here.
 */
export interface Pipeline extends DocumentReader {
  /** Runs a query or a mutation that was parsed and validated, if the limits allow it. */
  execute(args: ExecutionArgs, asking: Asking): Promise<ExecutionResult>;
  /** The same for those who want the answer as text, which is there sooner. */
  write(args: ExecutionArgs, asking: Asking): Promise<WrittenAnswer>;
  /** The same for a subscription. */
  subscribe(
    args: ExecutionArgs,
    asking: Asking,
  ): Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult>>;
  /** Counts a WebSocket of a viewer. @returns what to call when it is closed; undefined when there are too many */
  admitSocket(viewer: Viewer): (() => void) | undefined;
  /** Lets errors out through the gate alone, and notes what the log should know of them. */
  gate(result: ExecutionResult, state: RequestState): GatedResult;
}

export function createPipeline(schema: GraphQLSchema, limits: Limits, log: Logger): Pipeline {
  const write = createTextExecutor(schema, {
    jsonOf: (value) => (value instanceof JsonText ? value.text : undefined),
    limit: { size: limits.answer, ErrorClass: AnswerTooLargeError },
    fallback: executeReference,
  });
  const admission = createAdmission(schema, limits);
  const subscribe = createSubscribe();
  const readVariables = createVariableReader(schema);

  /** What speaks against the values that a request brings, or else the values. */
  function take(args: ExecutionArgs, { badValue }: Asking): TakenVariables {
    return badValue ? { errors: [badValueError(args, badValue)] } : readVariables(args);
  }

  /** Runs what was admitted when it is its turn. */
  async function inTurn<Result>(
    { viewer }: Asking,
    run: () => Result | Promise<Result>,
  ): Promise<Result | GraphQLError> {
    const turn = admission.enter(viewer);
    const end = turn instanceof Promise ? await turn : turn;
    if (end instanceof GraphQLError) return end;
    try {
      return await run();
    } finally {
      end();
    }
  }

  return {
    ...createDocumentReader(schema, limits),
    async execute(args, asking) {
      const { cost, refusal } = admission.admit(args, asking.viewer);
      const { errors } = refusal ? { errors: [refusal] } : take(args, asking);
      const found = errors ? { errors } : await inTurn(asking, () => executeReference(args));
      const result = found instanceof GraphQLError ? { errors: [found] } : found;
      if (result.errors) addDocumentPaths(args.document, result.errors);
      return asksCost(asking) ? { ...result, extensions: { cost } } : result;
    },
    async write(args, asking) {
      const { cost, refusal } = admission.admit(args, asking.viewer);
      const { errors, values } = refusal ? { errors: [refusal] } : take(args, asking);
      const found = errors ? { data: undefined, errors } : await inTurn(asking, () => write(args, values));
      const result = found instanceof GraphQLError ? { data: undefined, errors: [found] } : found;
      addDocumentPaths(args.document, result.errors);
      return asksCost(asking) ? { ...result, extensions: { cost } } : result;
    },
    async subscribe(args, asking) {
      const end = admission.admitLive(args, asking.viewer);
      if (end instanceof GraphQLError) return { errors: [end] };
      const { errors } = take(args, asking);
      if (errors) {
        end();
        return { errors };
      }
      const found = await inTurn(asking, () => subscribe(args)).catch((error: unknown) => {
        end();
        throw error;
      });
      if (isAsyncIterable(found)) return endedStream(found, end);
      end();
      const result = found instanceof GraphQLError ? { errors: [found] } : found;
      if (result.errors) addDocumentPaths(args.document, result.errors);
      return result;
    },
    admitSocket: (viewer) => admission.admitSocket(viewer),
    gate(result, { requestId, outcome, scope }) {
      if (!result.errors) return result;
      const isRepeatable = scope.unrepeatableWrites === 0;
      const { errors, codes, faults } = publicErrors(result.errors, requestId, isRepeatable);
      outcome.codes = [...outcome.codes, ...codes];
      for (const fault of faults) log.error({ requestId, err: fault }, 'A request failed.');
      return { ...result, errors: [...errors], stringify: withLocationsOf(errors) };
    },
  };
}

/** Writes a result, of whose errors Yoga has made others. It would have the places of each looked for once more. */
function withLocationsOf(errors: readonly GraphQLError[]) {
  return (result: ExecutionResult) =>
    JSON.stringify({
      ...result,
      errors: result.errors?.map((error, index) => {
        const { message, ...others } = error.toJSON();
        const locations = errors[index]?.locations;
        return { message, ...(locations && { locations }), ...others };
      }),
    });
}

function asksCost({ extensions }: Asking): boolean {
  return (
    typeof extensions === 'object' && extensions !== null && 'cost' in extensions && extensions.cost === true
  );
}
