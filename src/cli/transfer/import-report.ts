import type { Progress } from './store-messages.js';

/** Fields that are named one by one. */
const maxFields = 20;

/** What has become of the conversations of a file. */
export class ImportReport {
  /** Conversations that are stored completely. */
  conversations = 0;
  /** Places of those that are not, such as `line 7`. */
  readonly failed = new Set<string>();
  #added = 0;
  #present = 0;
  readonly #remarks: { readonly order: number; readonly text: string }[] = [];
  readonly #unkept = new Map<string, { readonly place: string; count: number }>();

  messages({ added, present }: Progress): void {
    this.#added += added;
    this.#present += present;
  }

  /** @param order of the conversation in the file */
  problem(order: number, place: string, text: string): void {
    this.failed.add(place);
    this.notice(order, place, text);
  }

  notice(order: number, place: string, text: string): void {
    this.#remarks.push({ order, text: `${place}: ${text}` });
  }

  /** @param fields that the ledger has no place for */
  unkept(place: string, fields: readonly string[]): void {
    for (const field of fields) {
      const known = this.#unkept.get(field);
      if (known) known.count += 1;
      else this.#unkept.set(field, { place, count: 1 });
    }
  }

  /** A line for each remark, in the order of the file, and the totals as the last one. */
  toString(): string {
    const remarks = this.#remarks.toSorted((a, b) => a.order - b.order).map(({ text }) => text);
    const totals = [
      `${this.conversations} conversations: ${this.#added} messages added, ${this.#present} were there already.`,
      ...(this.failed.size > 0 ? [`Not everything could be stored: ${this.failed.size} failed.`] : []),
    ];
    return [...remarks, ...this.#unkeptLines(), totals.join(' ')].join('\n');
  }

  #unkeptLines(): string[] {
    if (this.#unkept.size === 0) return [];
    const fields = [...this.#unkept].map(([field, { place, count }]) => {
      const name = /^[\w.-]{1,100}$/.test(field) ? field : JSON.stringify(field.slice(0, 100));
      return `${name} (${place}${count > 1 ? ` and ${count - 1} more` : ''})`;
    });
    const more = fields.length > maxFields ? [`${fields.length - maxFields} other fields`] : [];
    return [`Not kept, there is no place for it: ${[...fields.slice(0, maxFields), ...more].join(', ')}`];
  }
}
