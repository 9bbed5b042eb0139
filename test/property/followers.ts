import { setTimeout as sleep } from 'node:timers/promises';
import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import { graphql } from '../support/generated/gql.js';
import type { PropertyPollQuery, SupportChangesSubscription } from '../support/generated/graphql.js';
import { contentsOf, readRecord, SessionChanges, SessionRecord } from '../support/session-record.js';
import { watch, type Watch } from '../support/watch.js';
import type { Name } from './protocol.js';
import type { Requests } from './requests.js';

const Poll = graphql(`
  query PropertyPoll($id: ID!, $afterRevision: Int!, $first: Int!) {
    chatSession(id: $id) {
      changes(afterRevision: $afterRevision, first: $first) {
        revision
        hasMore
        changes {
          ...SupportChange
        }
      }
    }
  }
`);

/** Milliseconds in which whoever watches is told of a change, on whatever machine. The slow poll takes 5 s. */
const patience = 8_000;

/** Holds a session as it was at some moment, and from then on only what changes tell. */
export class Follower {
  private constructor(
    private readonly requests: Requests,
    private readonly user: string,
    private readonly session: Name,
    private readonly record: SessionRecord,
  ) {}

  /** Begins with a session as it is now; null when there is none for the user. */
  static async begin(requests: Requests, user: string, session: Name): Promise<Follower | null> {
    const held = await readHeld(requests, user, session);
    return held && new Follower(requests, user, session, SessionRecord.holding(held));
  }

  /** Asks for changes, so many at a time, until there are no more. Then it must hold what the ledger holds. */
  async poll(first: number): Promise<void> {
    for (let more = true; more;) {
      const { chatSession }: PropertyPollQuery = await this.#client.runOk(Poll, {
        id: this.#id,
        afterRevision: this.record.revision,
        first,
      });
      // Who polls for a session that is gone is told nothing else, until it comes back.
      if (!chatSession) return;
      const { changes, revision, hasMore } = chatSession.changes;
      expect(changes.length).toBeLessThanOrEqual(first);
      for (const change of changes) this.record.apply(change);
      this.record.apply({ __typename: 'ChatSessionCaughtUp', revision });
      more = hasMore;
    }
    await this.#holdsTheSame();
  }

  /**
   * Begins to watch. `catchUp` takes what has come until then, when nobody changes the session any more: then the
   * follower must hold what the ledger holds.
   */
  async watch(): Promise<{ catchUp: () => Promise<void>; stop: () => void }> {
    const headers = { 'x-user-id': this.requests.userOf(this.user) };
    const open = async () => {
      const afterRevision = this.record.revision;
      const stream = await watch(this.requests.url, headers, SessionChanges, {
        sessionId: this.#id,
        afterRevision,
      });
      // Read at once, or the response would be given up when memory is tidied up.
      const { chatSessionChanges } = await stream.nextData();
      this.record.apply(chatSessionChanges);
      return stream;
    };
    let stream = await open();
    return {
      catchUp: async () => {
        const held = await readHeld(this.requests, this.user, this.session);
        while (!held || this.record.revision < held.revision) {
          const change = await this.#next(stream, held);
          if (change) {
            this.record.apply(change);
            continue;
          }
          // It ends with a deletion alone. The session may have come back since.
          expect(this.record.messages).toEqual([]);
          if (!held) return;
          stream = await open();
        }
        expect(contentsOf(this.record)).toEqual(held);
      },
      stop: () => {
        stream.stop();
      },
    };
  }

  async #next(stream: Watch<SupportChangesSubscription>, held: object | null) {
    const overdue = new AbortController();
    const { signal } = overdue;
    const event = await Promise.race([
      stream.next(),
      sleep(patience, undefined, { signal }).then(() => {
        throw new Error(
          `Nothing came for ${patience} ms: ${inspect({ held, record: contentsOf(this.record) }, { depth: 5 })}`,
        );
      }),
    ]).finally(() => {
      overdue.abort();
    });
    if (event?.errors.length) throw new Error(`A stream brought errors: ${JSON.stringify(event.errors)}`);
    return event?.data?.chatSessionChanges;
  }

  get #id(): string {
    return this.requests.idOf(this.session);
  }

  get #client() {
    return this.requests.clientOf(this.user);
  }

  async #holdsTheSame(): Promise<void> {
    expect(contentsOf(this.record)).toEqual(await readRecord(this.#client, this.#id));
  }
}

async function readHeld(requests: Requests, user: string, session: Name) {
  const held = await requests.read(session);
  return held?.owner === user ? readRecord(requests.clientOf(user), requests.idOf(session)) : null;
}
