import pRetry from 'p-retry';
import { z } from 'zod';
import { CommandError } from './failure.js';

/** Speaks to a running server. */
export interface ApiClient {
  /**
   * Sends an operation that does no harm when it is sent twice, and sends it again when that may help.
   * @throws CommandError with what the server or the network says
   */
  send<Data>(document: string, variables: object, data: z.ZodType<Data>): Promise<Data>;
}

const answer = z.object({
  data: z.unknown(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        extensions: z.object({ retryable: z.boolean().optional() }).optional(),
      }),
    )
    .optional(),
});

/** Worth another try. */
class PassingError extends Error {}

/** @param token what goes into the authorization header; undefined for a server in development mode */
export function createApiClient(url: string, token: string | undefined): ApiClient {
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };

  async function attempt(body: string): Promise<unknown> {
    const response = await fetch(url, { method: 'POST', headers, body }).catch((error: unknown) => {
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      throw new PassingError(`No answer from ${url}${cause}. Is the server running?`);
    });
    const result = answer.safeParse(await response.json().catch(() => undefined));
    if (!result.success)
      throw new CommandError(`${url} does not answer as Chatledger does (HTTP ${response.status}).`);
    const [first] = result.data.errors ?? [];
    if (first) throw new (first.extensions?.retryable ? PassingError : CommandError)(first.message);
    return result.data.data;
  }

  return {
    async send(document, variables, data) {
      const body = JSON.stringify({ query: document, variables });
      const received = await pRetry(() => attempt(body), {
        retries: 5,
        minTimeout: 200,
        randomize: true,
        shouldRetry: ({ error }) => error instanceof PassingError,
      }).catch((error: unknown) => {
        throw error instanceof PassingError ? new CommandError(error.message) : error;
      });
      return data.parse(received);
    },
  };
}

/** The server that the options and the environment name. */
export function apiClientFor({ url }: { url: string }): ApiClient {
  return createApiClient(url, process.env['CHATLEDGER_TOKEN']);
}

/** Default of the option --url: the server that `chatledger serve` starts in the same environment. */
export function defaultUrl(): string {
  return process.env['CHATLEDGER_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '4000'}/graphql`;
}
