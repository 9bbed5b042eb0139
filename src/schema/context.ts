import type { Ledger } from '../ledger/ledger.js';

/** What every resolver has. It lives as long as the request. */
export interface Context {
  readonly ledger: Ledger;
  /** Identifies the request in logs and in errors. */
  readonly requestId: string;
}
