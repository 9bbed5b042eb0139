import { LRUCache } from 'lru-cache';

/** Takes a cost out of what a viewer may spend. @returns the seconds after which there will be enough; 0 when it was taken */
export type TakeFromBucket = (viewer: string, cost: number) => number;

/**
 * Viewers whose buckets are kept at most: about 10 MB with the longest names. Whoever did not come for longest is
 * forgotten, and would find a full bucket.
 */
const kept = 10_000;

interface Bucket {
  /** What was left at a time. */
  left: number;
  /** In milliseconds. */
  at: number;
}

/**
 * A bucket for each viewer, which fills at a rate and holds a burst.
 *
 * @param clock milliseconds that never go back
 */
export function createRateLimit(
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  clock: () => number = () => performance.now(),
): TakeFromBucket {
  const buckets = new LRUCache<string, Bucket>({ max: kept });
  return (viewer, cost) => {
    const now = clock();
    let bucket = buckets.get(viewer);
    if (!bucket) buckets.set(viewer, (bucket = { left: burst, at: now }));
    bucket.left = Math.min(burst, bucket.left + ((now - bucket.at) / 1_000) * perSecond);
    bucket.at = now;
    if (cost > bucket.left) return Math.ceil((cost - bucket.left) / perSecond);
    bucket.left -= cost;
    return 0;
  };
}
