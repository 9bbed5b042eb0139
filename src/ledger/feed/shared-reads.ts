/** Readings under way, so that those who want the same at the same time get it from one statement. */
export class SharedReads<Result> {
  readonly #underWay = new Map<string, Promise<Result>>();

  share(key: string, read: () => Promise<Result>): Promise<Result> {
    const shared = this.#underWay.get(key);
    if (shared) return shared;
    const reading = read().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, reading);
    return reading;
  }
}
