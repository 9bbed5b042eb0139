import { z } from 'zod';
import type { ApiClient } from './api-client.js';
import { apiMessage, apiMessageFields, type ApiMessage } from './chat-format.js';

const document = `query ($id: ID!, $first: Int!, $after: String) {
  chatSession(id: $id) {
    messages(first: $first, after: $after) { nodes { ${apiMessageFields} } pageInfo { hasNextPage endCursor } }
  }
}`;
const data = z.object({
  chatSession: z
    .object({
      messages: z.object({
        nodes: z.array(apiMessage),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    })
    .nullable(),
});

/** Messages of one page. */
const pageSize = 100;

/**
 * The messages of a session from its first one on, `limit` at most (default: all). Undefined when there is no such
 * session for the token.
 */
export async function readMessages(
  client: ApiClient,
  id: string,
  limit = Infinity,
): Promise<ApiMessage[] | undefined> {
  const messages: ApiMessage[] = [];
  let after: string | null = null;
  for (let more = true; more;) {
    const first = Math.min(pageSize, limit - messages.length);
    const page: z.output<typeof data> = await client.send(document, { id, first, after }, data);
    if (!page.chatSession) return undefined;
    const { nodes, pageInfo } = page.chatSession.messages;
    messages.push(...nodes);
    after = pageInfo.endCursor;
    more = pageInfo.hasNextPage && messages.length < limit;
  }
  return messages;
}
