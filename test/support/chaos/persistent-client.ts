import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from '../client.js';
import type { Random } from './random.js';

/** Milliseconds in which one of the servers must have answered. */
const patience = 30_000;

/** Sends the same request again, to any of the servers, until it is answered. */
export interface PersistentClient extends Pick<Client, 'runOk'> {
  /** Requests that had to be sent again, so far. */
  readonly retries: number;
}

/** `runOk` throws when an answer has an error that says not to try again, and when there is none for 30 seconds. */
export function createPersistentClient(
  urls: readonly string[],
  userId: string,
  random: Random,
): PersistentClient {
  const clients = urls.map((url) => createClient(url, { 'x-user-id': userId }));
  let retries = 0;
  return {
    get retries() {
      return retries;
    },
    async runOk(document, ...variables) {
      const deadline = performance.now() + patience;
      for (;;) {
        const answer = await random
          .pick(clients)
          .run(document, ...variables)
          .catch((error: unknown) => ({ data: null, errors: [], unanswered: error }));
        if (answer.data != null && answer.errors.length === 0) return answer.data;
        const isLasting = answer.errors.some(({ extensions }) => !extensions.retryable);
        if (isLasting || performance.now() > deadline)
          throw new Error(`Nobody took it: ${JSON.stringify([variables, answer])}`, { cause: answer });
        retries += 1;
        await sleep(random.between(5, 60));
      }
    },
  };
}
