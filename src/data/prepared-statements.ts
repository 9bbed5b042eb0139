import type { Statement } from './statement.js';

/**
 * Prepared statements that a connection keeps at most, and the characters of the longest: clients choose the columns,
 * and each choice is a statement whose plan stays in the memory of PostgreSQL.
 */
const kept = { statements: 200, characters: 10_000 };

/** Which statements are prepared under their names. */
export class PreparedStatements {
  readonly #names = new Set<string>();

  constructor(public isOn: boolean) {}

  has({ name, text }: Statement): boolean {
    if (!this.isOn || text.length > kept.characters) return false;
    if (!this.#names.has(name) && this.#names.size < kept.statements) this.#names.add(name);
    return this.#names.has(name);
  }
}
