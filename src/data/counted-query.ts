import pg from 'pg';
import type { Reader } from './reader.js';

type HandleDataRow = (this: pg.Query, message: { readonly length: number }) => void;

/** What the driver has, and its types do not tell. */
const { handleDataRow } = pg.Query.prototype as unknown as { readonly handleDataRow: HandleDataRow };

/**
 * A query whose rows are counted for their reader as they come in. When they are too many bytes, what is thrown ends
 * the connection (see guarded-client.ts), so that PostgreSQL stops sending them.
 */
export class CountedQuery extends pg.Query {
  constructor(
    config: pg.QueryConfig,
    private readonly reader: Reader,
  ) {
    super(config);
  }

  handleDataRow(message: { readonly length: number }): void {
    this.reader.took(message.length);
    handleDataRow.call(this, message);
  }
}
