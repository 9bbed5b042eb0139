import { GraphQLError, Kind } from 'graphql';
import {
  ChatledgerError,
  InvalidInputError,
  retryableByCode,
  type ErrorCode,
  type InputPath,
} from '../errors.js';

/** What leaves, and what the log should know of it. */
export interface PublicErrors {
  readonly errors: readonly GraphQLError[];
  readonly codes: readonly ErrorCode[];
  /** Causes that are not the caller's doing. */
  readonly faults: readonly unknown[];
}

interface Judgement {
  readonly code: ErrorCode;
  readonly message: string;
  /** Where the bad value stands in the input, if it is about one. */
  readonly path?: InputPath;
  readonly fault?: unknown;
}

/**
 * The one gate through which errors leave. Each gets a code of the closed list, whether a retry may help and the id
 * of the request. What was not written for the caller to read loses its message.
 */
export function publicErrors(errors: readonly GraphQLError[], requestId: string): PublicErrors {
  const judgements = errors.map(judge);
  return {
    errors: judgements.map(({ code, message, path }, index) => {
      const error = errors[index];
      return new GraphQLError(message.slice(0, maxMessageLength), {
        nodes: error?.nodes ?? null,
        source: error?.source ?? null,
        positions: error?.positions ?? null,
        path: error?.path ?? null,
        extensions: {
          code,
          retryable: retryableByCode[code],
          requestId,
          ...(path === undefined ? {} : { path }),
          http: { ...httpOf(error), ...httpByCode[code] },
        },
      });
    }),
    codes: judgements.map(({ code }) => code),
    faults: judgements.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

/** Messages of the executor quote the value that they refuse, however long it is. */
const maxMessageLength = 1_000;

/** The status of a response that is nothing but this error. Errors beside data leave it at 200. */
const httpByCode: Partial<
  Record<ErrorCode, { status: number; spec?: boolean; headers?: Record<string, string> }>
> = {
  GRAPHQL_PARSE_FAILED: { status: 400, spec: true },
  GRAPHQL_VALIDATION_FAILED: { status: 400, spec: true },
  BAD_REQUEST: { status: 400 },
  UNAUTHENTICATED: { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  METHOD_NOT_ALLOWED: { status: 405 },
  PAYLOAD_TOO_LARGE: { status: 413 },
  UNSUPPORTED_MEDIA_TYPE: { status: 415 },
};

function judge(error: GraphQLError): Judgement {
  const cause = originOf(error);
  if (cause instanceof InvalidInputError)
    return { code: cause.code, message: cause.message, path: cause.inputPath };
  if (cause instanceof ChatledgerError) {
    return { code: cause.code, message: cause.message, ...(isFault(cause.code) ? { fault: cause } : {}) };
  }
  if (cause !== undefined && !(cause instanceof GraphQLError)) return internal(cause);
  return judgeLibraryError(error);
}

/** Errors of graphql-js and Yoga: about the request, except for those that a finished resolver met. */
function judgeLibraryError(error: GraphQLError): Judgement {
  const { message, extensions } = error;
  const code = codeOf(error);
  if (code === 'INTERNAL_SERVER_ERROR') return internal(error);
  if (code !== undefined) {
    return { code, message, ...(isInputPath(extensions['path']) ? { path: extensions['path'] } : {}) };
  }
  const path = pathOfVariable(error);
  return { code: 'BAD_USER_INPUT', message, ...(path === undefined ? {} : { path }) };
}

function internal(fault: unknown): Judgement {
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error.', fault };
}

function isFault(code: ErrorCode): boolean {
  return code === 'INTERNAL_SERVER_ERROR' || code === 'TIMEOUT' || code === 'SERVICE_UNAVAILABLE';
}

/** What was thrown first; undefined when it was this error itself. */
function originOf(error: GraphQLError): Error | undefined {
  const { originalError } = error;
  return originalError instanceof GraphQLError ? (originOf(originalError) ?? originalError) : originalError;
}

// How Yoga calls what our list calls otherwise.
const synonyms: ReadonlyMap<unknown, ErrorCode> = new Map([
  ['REQUEST_ENTITY_TOO_LARGE', 'PAYLOAD_TOO_LARGE'],
  ['OPERATION_RESOLUTION_FAILURE', 'BAD_USER_INPUT'],
]);

function codeOf(error: GraphQLError): ErrorCode | undefined {
  const { code } = error.extensions;
  if (httpOf(error)?.status === 405) return 'METHOD_NOT_ALLOWED';
  return isErrorCode(code) ? code : synonyms.get(code);
}

function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(retryableByCode, code);
}

function httpOf(error: GraphQLError | undefined): { status?: number } | undefined {
  const http: unknown = error?.extensions.http;
  return typeof http === 'object' && http !== null ? http : undefined;
}

function isInputPath(path: unknown): path is InputPath {
  return Array.isArray(path) && path.every((part) => typeof part === 'string' || typeof part === 'number');
}

/**
 * Where a variable holds what it must not. The executor says so in its message alone:
 * `Variable "$input" got invalid value "x" at "input.messages[3].role"; ...`.
 */
function pathOfVariable(error: GraphQLError): InputPath | undefined {
  const [node] = error.nodes ?? [];
  if (node?.kind !== Kind.VARIABLE_DEFINITION) return undefined;
  const inner = /^Variable "\$\w+" got invalid value .* at "([\w.[\]]+)"; /s.exec(error.message)?.[1];
  const path = inner ?? node.variable.name.value;
  return path
    .split(/[.[\]]+/)
    .flatMap((part) => (part === '' ? [] : [/^\d+$/.test(part) ? Number(part) : part]));
}
