import type { ServerResponse } from 'node:http';
import { getOperationAST, OperationTypeNode, type DocumentNode, type GraphQLSchema } from 'graphql';
import { processRegularResult, type FetchAPI } from 'graphql-yoga';
import type { Context } from '../schema/context.js';
import { acceptedTypes, type JsonType } from './accept.js';
import { commonHeaders } from './answers.js';
import type { Pipeline } from './pipeline.js';
import type { RequestState } from './request.js';

/** Answers a request whose body was read. @returns false, and has done nothing, when it is for somebody else */
export type FastPath = (
  body: unknown,
  accept: string | undefined,
  response: ServerResponse,
  state: RequestState,
) => Promise<boolean>;

/**
 * Answers what nearly all requests are: one query or mutation in a POST, without Yoga's detour over the objects of
 * the Fetch standard, which costs several times the work itself. Whatever is unusual or wrong about a request before
 * it runs is left to Yoga, so that there is one place that says so.
 */
export function createFastPath(
  schema: GraphQLSchema,
  pipeline: Pipeline,
  openContext: (state: RequestState) => Context,
  fetchAPI: FetchAPI,
): FastPath {
  return async (body, accept, response, state) => {
    const mediaType = mediaTypeFor(accept);
    if (mediaType === undefined || !isPlain(body)) return false;
    const document = readable(pipeline, body.query, state);
    const operation = document && getOperationAST(document, body.operationName);
    if (!operation || operation.operation === OperationTypeNode.SUBSCRIPTION) return false;

    const { data, errors, extensions } = await pipeline.write(
      {
        schema,
        document,
        operationName: body.operationName ?? null,
        variableValues: body.variables ?? null,
        contextValue: openContext(state),
      },
      { viewer: state.viewer, badValue: state.badValue, extensions: body.extensions },
    );
    if (errors.length === 0) {
      const end = extensions ? `,"extensions":${JSON.stringify(extensions)}}` : '}';
      const parts =
        typeof data === 'string' ? [`{"data":${data}${end}`] : ['{"data":', ...(data ?? ['null']), end];
      send(response, state, 200, { 'content-type': `${mediaType}; charset=utf-8` }, parts);
      return true;
    }
    const result = pipeline.gate(
      {
        errors,
        ...(data === undefined ? {} : { data: parseData([data].flat().join('')) }),
        ...(extensions ? { extensions: { ...extensions } } : {}),
      },
      state,
    );
    // Yoga's own rules of what status errors have, and what of them is not for the client.
    const made = processRegularResult(result, fetchAPI, mediaType);
    send(response, state, made.status, Object.fromEntries(made.headers), [await made.text()]);
    return true;
  };
}

function parseData(data: string): Record<string, unknown> | null {
  return JSON.parse(data) as Record<string, unknown> | null;
}

/** Undefined for a client that would rather have a stream of one result. */
function mediaTypeFor(accept: string | undefined): JsonType | undefined {
  const { single } = acceptedTypes(accept);
  return single === 'text/event-stream' || single === 'multipart/mixed' ? undefined : single;
}

interface PlainBody {
  readonly query: string;
  readonly operationName?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly extensions?: object | null;
}

function isPlain(body: unknown): body is PlainBody {
  if (!isObject(body) || Array.isArray(body)) return false;
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  return (
    typeof query === 'string' &&
    query !== '' &&
    (operationName == null || (typeof operationName === 'string' && operationName !== '')) &&
    (variables == null || (isObject(variables) && !Array.isArray(variables))) &&
    (extensions == null || (isObject(extensions) && !Array.isArray(extensions)))
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Undefined for a document with which something is wrong. */
function readable(pipeline: Pipeline, query: string, state: RequestState): DocumentNode | undefined {
  const { document } = state;
  document.text = query;
  try {
    const parsed = pipeline.parse(query);
    document.parsed = parsed;
    return pipeline.validate(parsed).length === 0 ? parsed : undefined;
  } catch (error) {
    document.refusal = error;
    return undefined;
  }
}

/** Characters from which on the memory for a text counts. */
const large = 100_000;

function send(
  response: ServerResponse,
  state: RequestState,
  status: number,
  headers: Record<string, string>,
  parts: readonly string[],
): void {
  const length = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
  // What is all ASCII has the same bytes in latin1, for which Node sets aside a third of the memory.
  const encoding = length === parts.reduce((sum, part) => sum + part.length, 0) ? 'latin1' : 'utf8';
  response.writeHead(status, { ...headers, ...commonHeaders(state), 'content-length': length });
  if (parts.length > 1) response.cork();
  for (const part of parts.slice(0, -1)) response.write(asSent(part, encoding), encoding);
  response.end(asSent(parts.at(-1) ?? '', encoding), encoding);
}

/** Of text that is not ASCII, Node sets aside three bytes a character, unless it has the bytes. */
function asSent(part: string, encoding: 'latin1' | 'utf8'): string | Buffer {
  return encoding === 'latin1' || part.length < large ? part : Buffer.from(part);
}
