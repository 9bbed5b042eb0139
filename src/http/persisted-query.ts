import { GraphQLError } from 'graphql';
import { z } from 'zod';

const hashAlone = z.object({
  query: z.literal('').nullish(),
  extensions: z.object({ persistedQuery: z.object({ sha256Hash: z.string() }) }),
});

/** Whether a request names its document by a hash alone, which only a server of trusted documents knows. */
export function isHashAlone(parameters: unknown): boolean {
  return hashAlone.safeParse(parameters).success;
}

/** In the words that the clients of Apollo and urql look for. They send the text then. */
export function persistedQueryNotSupported(): GraphQLError {
  return new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' },
  });
}
