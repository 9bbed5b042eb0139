import pg from 'pg';
import type { RequestScope } from './request-scope.js';

type HandleDataRow = (this: pg.Query, message: { readonly length: number }) => void;

/** A method of the driver that its types leave out. */
const { handleDataRow } = pg.Query.prototype as unknown as { readonly handleDataRow: HandleDataRow };

/**
 * A query that counts the bytes of its rows as they come in. Too many end the connection (see guarded-client.ts), so
 * that PostgreSQL stops sending.
 */
export class CountedQuery extends pg.Query {
  constructor(
    config: pg.QueryConfig,
    private readonly scope: RequestScope,
  ) {
    super(config);
  }

  handleDataRow(message: { readonly length: number }): void {
    this.scope.countRead(message.length);
    handleDataRow.call(this, message);
  }
}
