/** Something that several watchers wait for together: a session that moves, a user's list that moves. */
export interface Topic {
  /** Goes up with each move. Taken before reading, so that no move is missed while reading. */
  readonly moves: number;
  /** Resolves when the topic has moved beyond `moves`, or when the signal aborts. */
  movedSince(moves: number, signal: AbortSignal): Promise<void>;
}

/** The topics that somebody watches, by key. One that nobody watches any more costs nothing. */
export class Topics<State> {
  readonly #topics = new Map<string, Entry<State>>();

  constructor(private readonly begin: (key: string) => State) {}

  /** Watches a topic until `leave` is called. */
  join(key: string): { topic: Topic; state: State; leave: () => void } {
    let entry = this.#topics.get(key);
    if (!entry)
      this.#topics.set(key, (entry = { topic: new Waiting(), state: this.begin(key), watchers: 0 }));
    const joined = entry;
    joined.watchers += 1;
    let left = false;
    const leave = () => {
      if (left) return;
      left = true;
      joined.watchers -= 1;
      if (joined.watchers === 0) this.#topics.delete(key);
    };
    return { topic: joined.topic, state: joined.state, leave };
  }

  /** Wakes those who watch a topic. */
  move(key: string): void {
    this.#topics.get(key)?.topic.move();
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Keys and states of all that are watched. */
  entries(): [string, State][] {
    return [...this.#topics].map(([key, { state }]) => [key, state]);
  }
}

interface Entry<State> {
  readonly topic: Waiting;
  readonly state: State;
  watchers: number;
}

class Waiting implements Topic {
  moves = 0;
  readonly #waiting = new Set<() => void>();

  move(): void {
    this.moves += 1;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  movedSince(moves: number, signal: AbortSignal): Promise<void> {
    if (this.moves !== moves || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
