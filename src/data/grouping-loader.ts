import DataLoader from 'dataloader';
import { keyOf } from './key.js';

/** A loader's key: an id, and what is wanted of it. Ids that want the same travel in one statement. */
export interface Wanted<What> {
  readonly id: string;
  readonly what: What;
}

export type GroupingLoader<What, Result> = DataLoader<Wanted<What>, Result, string>;

/**
 * A DataLoader that reads a batch with one call for each group of keys that want the same. (Taking what the first
 * key wants for all of them would answer the others wrongly.) A group that fails fails alone.
 *
 * @param read gives results in the order of the ids
 */
export function groupingLoader<What, Result>(
  read: (ids: readonly string[], what: What) => Promise<Result[]>,
): GroupingLoader<What, Result> {
  const groupOf = (key: Wanted<What>): string => keyOf(key.what);

  return new DataLoader<Wanted<What>, Result, string>(
    async (keys) => {
      const results = Array<Result | Error>(keys.length);
      const groups = new Map<string, number[]>();
      keys.forEach((key, index) => {
        const name = groupOf(key);
        const group = groups.get(name);
        if (group) group.push(index);
        else groups.set(name, [index]);
      });
      const readGroup = async (indexes: number[]): Promise<void> => {
        const wanted = indexes.flatMap((index) => keys[index] ?? []);
        const [first] = wanted;
        if (!first) return;
        const ids = wanted.map((key) => key.id);
        const found = await read(ids, first.what).catch((error: unknown) => ids.map(() => toError(error)));
        indexes.forEach((index, place) => {
          const result = found[place];
          results[index] = result === undefined ? new Error('A statement gave no result for an id.') : result;
        });
      };
      await Promise.all([...groups.values()].map(readGroup));
      return results;
    },
    { cacheKeyFn: (key) => `${key.id} ${groupOf(key)}` },
  );
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
