import { getOperationAST, GraphQLError, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import { isAsyncIterable } from 'graphql-yoga';
import { ForbiddenError, UnauthenticatedError, type ErrorCode } from '../../errors.js';
import type { Context } from '../../schema/context.js';
import { schema } from '../../schema/schema.js';
import { asGraphQLError, gatedStream } from '../gated-stream.js';
import { isHashAlone, persistedQueryNotSupported } from '../persisted-query.js';
import type { Asking, Pipeline } from '../pipeline.js';
import type { RequestState } from '../request.js';
import { untrusted, withTrustedQuery, type TrustedDocuments } from '../trusted-documents.js';
import type { SocketConnection } from './connection.js';
import type { SocketOperation } from './operation.js';

/** What the protocol keeps with a socket. */
export interface SocketExtra {
  readonly connection: SocketConnection;
}

export type SocketProtocol = Server<SocketExtra>;

/** The arguments of an execution, with the operation that they belong to. */
interface OperationArgs extends ExecutionArgs {
  readonly operation: SocketOperation;
  readonly asking: Asking;
}

/**
 * GraphQL over WebSocket, by the protocol graphql-transport-ws. Each operation goes through the pipeline as a request
 * over HTTP does.
 *
 * @param initTimeout milliseconds in which a client must say who it is
 */
export function createSocketProtocol(
  initTimeout: number,
  parts: {
    readonly pipeline: Pipeline;
    readonly openContext: (state: RequestState) => Context;
    /** Undefined: any documents are run. */
    readonly trusted: TrustedDocuments | undefined;
  },
): SocketProtocol {
  const { pipeline, openContext, trusted } = parts;

  const failed = (errors: readonly GraphQLError[], { state }: SocketOperation): ExecutionResult =>
    pipeline.gate({ errors }, state);

  /** Makes an operation ready to run. @returns what speaks against its document @throws any other reason */
  function prepare(
    operation: SocketOperation,
    payload: SubscribePayload,
  ): OperationArgs | readonly GraphQLError[] {
    const { state, refusal } = operation;
    if (refusal) throw refusal;
    if (state.expiresAt !== null && state.expiresAt <= Date.now())
      throw new UnauthenticatedError('The token has expired.');
    const asked = trusted ? withTrustedQuery(trusted, payload) : payload;
    if (!asked) throw new ForbiddenError(untrusted);
    if (isHashAlone(asked)) throw persistedQueryNotSupported();
    const document = parsed(asked.query);
    const errors = pipeline.validate(document);
    if (errors.length > 0) return errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED'));
    const operationName = payload.operationName ?? null;
    if (!getOperationAST(document, operationName)) throw unknownOperation();
    return {
      schema,
      document,
      operationName,
      variableValues: payload.variables ?? null,
      contextValue: openContext(state),
      operation,
      asking: { viewer: state.viewer, badValue: state.badValue, extensions: payload.extensions },
    };
  }

  function parsed(query: string) {
    try {
      return pipeline.parse(query);
    } catch (error) {
      throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error;
    }
  }

  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: initTimeout,

    onConnect: ({ connectionParams, extra }) => extra.connection.begin(connectionParams),

    onSubscribe({ extra }, id, payload) {
      const operation = extra.connection.beginOperation(id, payload);
      let ready: OperationArgs | readonly GraphQLError[];
      try {
        ready = prepare(operation, payload);
      } catch (error) {
        ready = [asGraphQLError(error)];
      }
      return 'operation' in ready ? ready : [...(failed(ready, operation).errors ?? [])];
    },

    async execute(args) {
      const { operation, asking } = args as OperationArgs;
      try {
        return pipeline.gate(await pipeline.execute(args, asking), operation.state);
      } catch (error) {
        return failed([asGraphQLError(error)], operation);
      } finally {
        operation.state.place.leave();
      }
    },

    async subscribe(args) {
      const { operation, asking } = args as OperationArgs;
      try {
        const result = await pipeline.subscribe(args, asking);
        const pass = (event: ExecutionResult) => pipeline.gate(event, operation.state);
        return isAsyncIterable(result) ? operation.follow(gatedStream(result, pass)) : pass(result);
      } catch (error) {
        return failed([asGraphQLError(error)], operation);
      } finally {
        operation.state.place.leave();
      }
    },

    onNext(_context, _id, _payload, _args, { data, errors, extensions }) {
      return {
        ...(data !== undefined && { data }),
        ...(errors && { errors: errors.map(publicForm) }),
        ...(extensions && { extensions }),
      };
    },

    onError: (_context, _id, _payload, errors) => errors.map(publicForm),
  });
}

function unknownOperation(): GraphQLError {
  const extensions = { code: 'BAD_USER_INPUT' satisfies ErrorCode };
  return new GraphQLError('Could not determine what operation to execute.', { extensions });
}

/** The same error with a code, if it has none. The given one may be kept for the next time, so it stays as it is. */
function coded(error: GraphQLError, code: ErrorCode): GraphQLError {
  const { message, path, locations, originalError } = error;
  const extensions = { code, ...error.extensions };
  const made = new GraphQLError(message, {
    path: path ?? null,
    originalError: originalError ?? null,
    extensions,
  });
  return Object.assign(made, { locations });
}

/** An error as its client reads it. `retryAfter`, in seconds, stands for the header of HTTP. */
function publicForm(error: Pick<GraphQLError, 'message' | 'extensions' | 'locations' | 'path'>) {
  const { message, locations, path } = error;
  const { http, ...extensions } = error.extensions;
  const seconds = http?.headers?.['retry-after'];
  return {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { ...extensions, ...(seconds && { retryAfter: Number(seconds) }) },
  };
}
