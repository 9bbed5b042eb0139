import { GraphQLError, Kind } from 'graphql';
import { DatabaseError } from '../data/database-error.js';
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
  /** Default: as the code says. */
  readonly retryable?: false;
}

/**
 * The one gate through which errors leave. Each gets a code of the closed list, whether a retry may help and the id
 * of the request. What was not written for the caller to read loses its message.
 *
 * @param isRepeatable false for a request that has done, or may have done, what it would do again: then no error may
 *   invite its client to send it again
 */
export function publicErrors(given: readonly Error[], requestId: string, isRepeatable = true): PublicErrors {
  const errors = given.map(asGraphQLError);
  const judgements = errors.map(judge);
  return {
    errors: judgements.map(({ code, message, path, retryable: judged = retryableByCode[code] }, index) => {
      const error = errors[index];
      const retryable = isRepeatable && judged;
      const left = new GraphQLError(shortened(message), {
        path: error?.path ?? null,
        extensions: {
          code,
          retryable,
          requestId,
          ...(path === undefined ? {} : { path: path.map(shortName) }),
          http: withoutInvitation({ ...httpOf(error), ...httpByCode[code] }, retryable),
        },
      });
      // Found once: it takes a look through the document.
      return Object.assign(left, { locations: error?.locations });
    }),
    codes: judgements.map(({ code }) => code),
    faults: judgements.flatMap(({ fault }) => (fault === undefined ? [] : [fault])),
  };
}

/** Clients obey `Retry-After`, whatever else an answer says. */
function withoutInvitation({ headers, ...http }: HttpOfError, retryable: boolean): HttpOfError {
  if (!headers) return http;
  const others = Object.entries(headers).filter(([name]) => name !== 'retry-after');
  return { ...http, headers: retryable ? headers : Object.fromEntries(others) };
}

/** The executor passes on as its own whatever was thrown with a path. */
function asGraphQLError(error: Error): GraphQLError {
  return error instanceof GraphQLError
    ? error
    : new GraphQLError('Not an error of GraphQL.', { originalError: error, extensions: {} });
}

/** Messages of the executor quote the value that they refuse, however long it is. */
const maxMessageLength = 1_000;
const maxNameLength = 300;

/** Takes out of the middle: the value stands there, and the reason at the end. */
function shortened(message: string): string {
  if (message.length <= maxMessageLength) return message;
  return `${message.slice(0, maxMessageLength / 2)} ... ${message.slice(5 - maxMessageLength / 2)}`;
}

/** Names come from the caller, who may make them long. */
function shortName(part: string | number): string | number {
  return typeof part === 'string' ? part.slice(0, maxNameLength) : part;
}

interface HttpOfError {
  readonly status?: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The status of a response that is nothing but this error. Errors beside data leave it at 200. */
const httpByCode: Partial<Record<ErrorCode, HttpOfError>> = {
  GRAPHQL_PARSE_FAILED: { status: 400, spec: true },
  GRAPHQL_VALIDATION_FAILED: { status: 400, spec: true },
  QUERY_TOO_COMPLEX: { status: 400, spec: true },
  BAD_REQUEST: { status: 400, spec: false },
  // That of Apollo Server: its clients take any other one for a failure of the network.
  PERSISTED_QUERY_NOT_SUPPORTED: { status: 200 },
  UNAUTHENTICATED: { status: 401, headers: { 'www-authenticate': 'Bearer' } },
  METHOD_NOT_ALLOWED: { status: 405 },
  RATE_LIMITED: { status: 429 },
  NOT_ACCEPTABLE: { status: 406 },
  UNSUPPORTED_MEDIA_TYPE: { status: 415 },
  SERVICE_UNAVAILABLE: { headers: { 'retry-after': '1' } },
};

/** The headers that an answer has which is nothing but this error. */
export function headersOf(code: ErrorCode): Readonly<Record<string, string>> {
  return httpByCode[code]?.headers ?? {};
}

function judge(error: GraphQLError): Judgement {
  const cause = originOf(error);
  if (cause instanceof InvalidInputError)
    return { code: cause.code, message: cause.message, path: cause.inputPath };
  if (cause instanceof ChatledgerError) {
    return {
      code: cause.code,
      message: cause.message,
      ...(cause.isRepeatable ? {} : { retryable: false }),
      ...(isNews(cause) ? { fault: cause } : {}),
    };
  }
  return isAboutRequest(error, cause) ? judgeLibraryError(error) : internal(cause ?? error);
}

/**
 * Whether an error of graphql-js or Yoga is about what the caller sent. Those of the parser, the validation and Yoga
 * come from before the execution and say so with a code. During it, they name a value of the document or the
 * variables (see input-path.ts); any other, such as that a scalar can't write what is stored, is our fault.
 */
function isAboutRequest(error: GraphQLError, cause: Error | undefined): boolean {
  if (codeOf(error) === 'INTERNAL_SERVER_ERROR') return false;
  // A scalar may fall over a value that it is to refuse.
  if (error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION) return true;
  if (cause !== undefined && !(cause instanceof GraphQLError)) {
    return error.path === undefined && error.extensions['code'] === 'GRAPHQL_VALIDATION_FAILED';
  }
  return error.path === undefined || isInputPath(error.extensions['path']);
}

function judgeLibraryError(error: GraphQLError): Judgement {
  const { message, extensions } = error;
  const { path } = extensions;
  return { code: codeOf(error) ?? 'BAD_USER_INPUT', message, ...(isInputPath(path) ? { path } : {}) };
}

function internal(fault: unknown): Judgement {
  return { code: 'INTERNAL_SERVER_ERROR', message: 'Internal server error.', fault };
}

const faultCodes: ReadonlySet<ErrorCode> = new Set([
  'INTERNAL_SERVER_ERROR',
  'TIMEOUT',
  'SERVICE_UNAVAILABLE',
  'CREDENTIALS_UNAVAILABLE',
]);

/** Whether the log should be told. That the database is down it knows. */
function isNews(error: ChatledgerError): boolean {
  if (error instanceof DatabaseError && error.kind === 'down') return false;
  return faultCodes.has(error.code);
}

/** What was thrown first; undefined when it was this error itself. */
function originOf(error: GraphQLError): Error | undefined {
  const { originalError } = error;
  return originalError instanceof GraphQLError ? (originOf(originalError) ?? originalError) : originalError;
}

// How Yoga calls what our list calls otherwise.
const synonyms: ReadonlyMap<unknown, ErrorCode> = new Map([
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

function httpOf(error: GraphQLError | undefined): HttpOfError | undefined {
  const http: unknown = error?.extensions.http;
  return typeof http === 'object' && http !== null ? http : undefined;
}

function isInputPath(path: unknown): path is InputPath {
  return Array.isArray(path) && path.every((part) => typeof part === 'string' || typeof part === 'number');
}
