import { GraphQLError } from 'graphql';
import { pino, type DestinationStream, type Logger } from 'pino';
import { DatabaseError } from '../data/database-error.js';
import type { Config } from '../config.js';

export interface LogOptions {
  /** Default: standard output. */
  readonly destination?: DestinationStream | undefined;
  /** What each line holds besides. Default: nothing. */
  readonly fields?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes one JSON object a line. Bodies, variables and headers are never given to it. */
export function createLog(level: Config['logLevel'], options: LogOptions = {}): Logger {
  return pino(
    {
      level,
      base: options.fields ?? null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    options.destination ?? pino.destination(),
  );
}

/**
 * What a log may hold of an error. The driver's own errors quote values that they could not store, and those may
 * be what somebody wrote: of them only the code is kept. So do those of graphql-js.
 */
function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, stack, cause } = error;
  if (error instanceof DatabaseError) {
    const { kind, statement } = error;
    return { type: name, kind, statement, cause: codeOf(cause), stack: stackLines(error) };
  }
  return 'severity' in error || error instanceof GraphQLError || name.startsWith('PrismaClient')
    ? { type: name, code: codeOf(error), stack: stackLines(error) }
    : {
        type: name,
        message: error.message,
        stack,
        ...(cause === undefined ? {} : { cause: describeError(cause) }),
      };
}

function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const code: unknown = Reflect.get(error, 'code');
  return typeof code === 'string' ? code : undefined;
}

/** The stack without the message in front of it. */
function stackLines({ stack = '', message }: Error): string {
  const begin = stack.includes(message) ? stack.indexOf(message) + message.length : 0;
  return stack
    .slice(begin)
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n');
}
