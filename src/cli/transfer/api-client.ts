import {
  ChatledgerError,
  createChatledgerClient,
  NoAnswerError,
  type ChatledgerClient,
} from '@chatledger/client';
import { CommandError } from '../failure.js';

/**
 * Runs a command with a client of the server that the options and the environment name.
 *
 * @throws CommandError with what the server or the network says
 */
export async function withApi(
  { url }: { url: string },
  run: (ledger: ChatledgerClient) => Promise<void>,
): Promise<void> {
  const token = process.env['CHATLEDGER_TOKEN'];
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    // About as long as a server takes to be replaced: 16 s on average.
    await run(createChatledgerClient({ url, headers, retry: { retries: 8 } }));
  } catch (error) {
    if (error instanceof NoAnswerError) {
      throw new CommandError(
        `${error.message} Is a server at ${url}? Start one, or name another with --url or CHATLEDGER_URL.`,
      );
    }
    if (error instanceof ChatledgerError) throw new CommandError(error.message);
    throw error;
  }
}
