import { createChatledgerClient, type ChatledgerClient } from 'chatledger/client';

/** The server that the options and the environment name. */
export function apiClientFor({ url }: { url: string }): ChatledgerClient {
  const token = process.env['CHATLEDGER_TOKEN'];
  return createChatledgerClient({
    url,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
}

/** Default of the option --url: the server that `chatledger serve` starts in the same environment. */
export function defaultUrl(): string {
  return process.env['CHATLEDGER_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '4000'}/graphql`;
}
