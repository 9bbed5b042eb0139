import type { Feed } from '../ledger/feed/feed.js';
import type { Ledger } from '../ledger/ledger.js';

/** What every resolver has. It lives as long as the request. */
export interface Context {
  readonly ledger: Ledger;
  readonly feed: Feed;
  /** When the viewer's proof of who it is expires, in milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  /** Whether the answer is written as text, in which lists may be JSON as it came. */
  readonly asText: boolean;
  /** Identifies the request in logs and in errors. */
  readonly requestId: string;
}
