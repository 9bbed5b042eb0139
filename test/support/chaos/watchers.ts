import type { Client } from '../client.js';
import { SessionChanges, SessionRecord } from '../session-record.js';
import { readList, Sidebar, WatchList } from '../sidebar.js';
import { watchWays } from '../watch.js';
import { follow, type ChaosSignals } from './follow.js';
import type { Random } from './random.js';

export interface WatcherOptions {
  readonly userId: string;
  /** It comes to any of them each time. */
  readonly urls: readonly string[];
  /** Milliseconds from one event to the reading of the next. */
  readonly delay: number;
  readonly random: Random;
}

/** Follows one session, from its beginning. What it is told must continue what it holds: also the sequences. */
export class SessionWatcher {
  readonly record = new SessionRecord();
  #length = 0;

  constructor(
    readonly sessionId: string,
    private readonly options: WatcherOptions,
  ) {}

  run(signals: ChaosSignals): Promise<number> {
    const { userId, urls, delay, random } = this.options;
    const open = () =>
      random.pick(watchWays).watch(random.pick(urls), { 'x-user-id': userId }, SessionChanges, {
        sessionId: this.sessionId,
        afterRevision: Math.max(0, this.record.revision),
      });
    return follow(
      {
        open,
        apply: ({ chatSessionChanges: change }) => {
          this.record.apply(change);
          if (change.__typename !== 'ChatMessagesAppended') return;
          for (const { sequence } of change.chatMessages) {
            if (sequence !== this.#length)
              throw new Error(`Not at ${this.#length}: ${JSON.stringify(change)}`);
            this.#length += 1;
          }
        },
        delay,
        random,
      },
      signals,
    );
  }
}

/** Follows the list of a user: read once, when the stream has begun, and then kept by changes alone. */
export class ListWatcher {
  #sidebar: Sidebar | undefined;

  constructor(
    private readonly client: Pick<Client, 'runOk'>,
    private readonly options: WatcherOptions,
  ) {}

  get items(): Sidebar['items'] {
    return this.#sidebar?.items ?? [];
  }

  run(signals: ChaosSignals): Promise<number> {
    const { userId, urls, delay, random } = this.options;
    const open = () => {
      const after = this.#sidebar?.cursor ?? null;
      return random.pick(watchWays).watch(random.pick(urls), { 'x-user-id': userId }, WatchList, { after });
    };
    return follow(
      {
        open,
        apply: async ({ userChatSessionChanges: change }) => {
          this.#sidebar ??= new Sidebar(await readList(this.client));
          this.#sidebar.apply(change);
        },
        delay,
        random,
      },
      signals,
    );
  }
}
