import { GraphQLError } from 'graphql';

/** A document, or what it asks for, is more than one request may have. */
export function tooComplex(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'QUERY_TOO_COMPLEX' } });
}

/** A count for people to read. Fragments that spread others several times make numbers beyond all writing. */
export function told(count: number): string {
  return count < 1e15 ? String(count) : 'more than 1000000000000000';
}

/** The viewer has asked for more than its share. @param seconds after which to try again */
export function rateLimited(message: string, seconds: number): GraphQLError {
  const http = { headers: { 'retry-after': String(seconds) } };
  return new GraphQLError(message, { extensions: { code: 'RATE_LIMITED', http } });
}
