import { createChatledgerClient, type ChatledgerClient } from '@chatledger/client';

/**
 * The API as this user sees it.
 *
 * Here is the place for a token. In development mode the server believes `x-user-id`; with authentication it wants proof
 * instead. A function is asked anew for each try, also when a stream is resumed, so it can renew what ran out:
 *
 *     headers: async () => ({ authorization: `Bearer ${await freshToken()}` }),
 */
export function ledgerOf(userId: string): ChatledgerClient {
  return createChatledgerClient({ url: '/graphql', headers: { 'x-user-id': userId } });
}
