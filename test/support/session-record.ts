import type { Client } from './client.js';
import { graphql } from './generated/gql.js';
import type {
  SupportChangesSubscription,
  SupportMessageFragment,
  SupportReadRecordQuery,
} from './generated/graphql.js';
import type { Watch } from './watch.js';

graphql(`
  fragment SupportMessage on ChatMessage {
    id
    sequence
    role
    content
    toolCallId
    status
  }
`);

graphql(`
  fragment SupportChange on ChatSessionChange {
    __typename
    revision
    ... on ChatMessagesAppended {
      chatMessages {
        ...SupportMessage
      }
    }
    ... on ChatMessageContentChanged {
      chatMessage {
        ...SupportMessage
      }
    }
    ... on ChatMessageGrew {
      messageId
      offset
      delta
    }
    ... on ChatSessionUpdated {
      chatSession {
        title
        totalPromptTokens
        totalCompletionTokens
      }
    }
    ... on ChatSessionDeleted {
      sessionId
    }
  }
`);

/** The changes of a session with all that a client needs to hold it as the ledger does. */
export const SessionChanges = graphql(`
  subscription SupportChanges($sessionId: ID!, $afterRevision: Int, $epoch: String) {
    chatSessionChanges(sessionId: $sessionId, afterRevision: $afterRevision, epoch: $epoch) {
      ...SupportChange
    }
  }
`);

export type SessionChange = SupportChangesSubscription['chatSessionChanges'];
export type RecordedMessage = SupportMessageFragment;

/**
 * What a client holds of a session that applies each change as it comes, and nothing else. It takes no change that
 * does not fit: out of order, twice, or about something that it was not told of.
 */
export class SessionRecord {
  revision = -1;
  title: string | null = null;
  totalPromptTokens = 0;
  totalCompletionTokens = 0;
  deletions = 0;
  readonly #messages = new Map<string, RecordedMessage>();

  /** One that begins with what the ledger holds. */
  static holding({ messages, ...session }: Awaited<ReturnType<typeof readRecord>>): SessionRecord {
    const record = Object.assign(new SessionRecord(), session);
    for (const message of messages) record.#messages.set(message.id, message);
    return record;
  }

  apply(change: SessionChange): void {
    const { revision } = change;
    const fits =
      change.__typename === 'ChatSessionCaughtUp' ? revision >= this.revision : revision > this.revision;
    if (!fits) this.#refuse(change, `the record is at revision ${this.revision}`);
    this.revision = revision;
    switch (change.__typename) {
      case 'ChatMessagesAppended':
        for (const message of change.chatMessages) {
          if (this.#messages.has(message.id)) this.#refuse(change, `${message.id} is there already`);
          this.#messages.set(message.id, message);
        }
        break;
      case 'ChatMessageContentChanged':
        this.#find(change.chatMessage.id, change);
        this.#messages.set(change.chatMessage.id, change.chatMessage);
        break;
      case 'ChatMessageGrew': {
        const message = this.#find(change.messageId, change);
        const content = message.content ?? '';
        if (message.status !== 'IN_PROGRESS') this.#refuse(change, `the message is ${message.status}`);
        if (content.length !== change.offset) this.#refuse(change, `its length is ${content.length}`);
        this.#messages.set(message.id, { ...message, content: content + change.delta });
        break;
      }
      case 'ChatSessionUpdated':
        this.title = change.chatSession.title;
        this.totalPromptTokens = change.chatSession.totalPromptTokens;
        this.totalCompletionTokens = change.chatSession.totalCompletionTokens;
        break;
      case 'ChatSessionDeleted':
        this.deletions += 1;
        this.#messages.clear();
        break;
      case 'ChatSessionCaughtUp':
        break;
    }
  }

  /** In order of sequence. */
  get messages(): RecordedMessage[] {
    return [...this.#messages.values()].sort((a, b) => a.sequence - b.sequence);
  }

  #find(id: string, change: SessionChange): RecordedMessage {
    return this.#messages.get(id) ?? this.#refuse(change, `${id} was never appended`);
  }

  #refuse(change: SessionChange, why: string): never {
    throw new Error(`A change that does not fit, because ${why}: ${JSON.stringify(change)}`);
  }
}

const ReadRecord = graphql(`
  query SupportReadRecord($id: ID!, $after: String) {
    chatSession(id: $id) {
      title
      totalPromptTokens
      totalCompletionTokens
      revision
      messages(first: 1000, after: $after) {
        nodes {
          ...SupportMessage
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

/** What the ledger holds of a session that nobody is changing, in the form of a record. */
export async function readRecord(client: Pick<Client, 'runOk'>, id: string) {
  const messages: RecordedMessage[] = [];
  for (let after: string | null = null; ;) {
    const answer: SupportReadRecordQuery = await client.runOk(ReadRecord, { id, after });
    const { chatSession } = answer;
    if (!chatSession) throw new Error('There is no such session.');
    const { messages: page, ...session } = chatSession;
    messages.push(...page.nodes);
    if (!page.pageInfo.hasNextPage) return { ...session, messages };
    after = page.pageInfo.endCursor;
  }
}

/** What a record holds, to compare with what the ledger holds. */
export function contentsOf(record: SessionRecord) {
  const { title, totalPromptTokens, totalCompletionTokens, revision, messages } = record;
  return { title, totalPromptTokens, totalCompletionTokens, revision, messages };
}

type Stream = Pick<Watch<SupportChangesSubscription>, 'nextData'>;

/** Applies changes to a record until it is at a revision. @returns the changes */
export async function readUntil(
  stream: Stream,
  record: SessionRecord,
  revision: number,
): Promise<SessionChange[]> {
  const changes: SessionChange[] = [];
  while (record.revision < revision) changes.push(await applyNext(stream, record));
  return changes;
}

/** Applies changes to a record until the stream says that these were all. @returns the changes */
export async function readUntilCaughtUp(stream: Stream, record: SessionRecord): Promise<SessionChange[]> {
  const changes: SessionChange[] = [];
  while (changes.at(-1)?.__typename !== 'ChatSessionCaughtUp') changes.push(await applyNext(stream, record));
  return changes;
}

async function applyNext(stream: Stream, record: SessionRecord): Promise<SessionChange> {
  const { chatSessionChanges: change } = await stream.nextData();
  record.apply(change);
  return change;
}
