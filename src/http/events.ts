import { setTimeout as sleep } from 'node:timers/promises';
import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import { JsonText } from '../data/row-values.js';
import type { Context } from '../schema/context.js';
import { fieldResolver, withinLimit } from './execute.js';

/** Bytes from which on an event waits for its turn. */
const large = 250_000;

/** Bytes of large events that are written in a millisecond. */
const pace = 25_000;

/** Begins subscriptions. Each event has the limits of an answer for itself. */
export type Subscribe = (
  args: ExecutionArgs,
) => Promise<ExecutionResult | AsyncIterableIterator<ExecutionResult, undefined>>;

/**
 * Large events go to their watchers one after the other. If all watchers of a session got theirs in the same moment,
 * unread events would fill the memory before they are counted.
 */
export function createSubscribe(): Subscribe {
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = async <Result>(bytes: number, write: () => Promise<Result>): Promise<Result> => {
    if (bytes < large) return write();
    const turn = last;
    let free = (): void => undefined;
    last = new Promise<void>((resolve) => (free = resolve));
    await turn;
    const begun = performance.now();
    try {
      return await write();
    } finally {
      // Everything else gets at least as much time, also on a machine that is slow.
      void sleep(Math.max(bytes / pace, performance.now() - begun)).then(free);
    }
  };

  return async (given) => {
    const args = { ...given, fieldResolver };
    const source = await createSourceEventStream(args);
    if (!isAsyncIterable(source)) return source;
    const events = source[Symbol.asyncIterator]();
    const { scope } = (args.contextValue as Context).ledger;
    let isEnded = false;
    const over = { done: true, value: undefined } as const;
    const stream: AsyncIterableIterator<ExecutionResult, undefined> = {
      async next() {
        const event = await events.next();
        if (event.done) return over;
        return inTurn(sizeOf(event.value), async () => {
          if (isEnded) return over;
          scope.resetCounts();
          return { done: false, value: withinLimit(await execute({ ...args, rootValue: event.value })) };
        });
      },
      async return() {
        isEnded = true;
        await events.return?.();
        return over;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
    return stream;
  };
}

/** Bytes of the texts that stand in an event, about. */
function sizeOf(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof JsonText) return value.text.length;
  if (typeof value !== 'object' || value === null || depth > 3) return 0;
  return Object.values(value).reduce<number>((sum, each) => sum + sizeOf(each, depth + 1), 0);
}
