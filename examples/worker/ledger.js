import { createChatledgerClient } from '@chatledger/client';

/**
 * A client of the server at CHATLEDGER_URL, http://127.0.0.1:4000/graphql by default. It proves itself by the API key
 * in CHATLEDGER_TOKEN; a server in development mode asks for none.
 */
export function connect() {
  const { CHATLEDGER_URL: url = 'http://127.0.0.1:4000/graphql', CHATLEDGER_TOKEN: token } = process.env;
  return createChatledgerClient({ url, headers: token ? { authorization: `Bearer ${token}` } : {} });
}
