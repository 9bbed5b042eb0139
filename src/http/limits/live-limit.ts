/** Lets a viewer begin a subscription. @returns how to end it, which may be called again; undefined when it may not begin */
export type BeginLive = (viewer: string) => (() => void) | undefined;

/** Counts the subscriptions of each viewer that are live. */
export function createLiveLimit(limit: number): BeginLive {
  const live = new Map<string, number>();
  return (viewer) => {
    const count = live.get(viewer) ?? 0;
    if (count >= limit) return undefined;
    live.set(viewer, count + 1);
    let isLive = true;
    return () => {
      if (!isLive) return;
      isLive = false;
      const others = (live.get(viewer) ?? 1) - 1;
      if (others === 0) live.delete(viewer);
      else live.set(viewer, others);
    };
  };
}

/** The same stream. `end` is called when it is over: at its end, when it breaks, or when its reader leaves. */
export function endedStream<Value>(
  stream: AsyncIterable<Value>,
  end: () => void,
): AsyncIterableIterator<Value, undefined> {
  const values = stream[Symbol.asyncIterator]();
  const over = { done: true, value: undefined } as const;
  return {
    async next() {
      try {
        const result = await values.next();
        if (!result.done) return result;
      } catch (error) {
        end();
        throw error;
      }
      end();
      return over;
    },
    async return() {
      end();
      await values.return?.();
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
