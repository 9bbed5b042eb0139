import type { FieldNode } from 'graphql';
import type { Window } from '../data/statements/windows.js';
import type { Feed } from '../ledger/feed/feed.js';
import type { Ledger } from '../ledger/ledger.js';

/** What every resolver has. It lives as long as the request. */
export interface Context {
  readonly ledger: Ledger;
  readonly feed: Feed;
  /** When the viewer's proof of who it is expires, in milliseconds since 1970; null for never. */
  readonly expiresAt: number | null;
  /** Windows of messages whose arguments were looked at, by the first node of their field. Made when there is one. */
  windows: Map<FieldNode | undefined, Window<number>> | undefined;
  /** Identifies the request in logs and in errors. */
  readonly requestId: string;
}
