import type { Client } from './client.js';
import { graphql } from './generated/gql.js';
import type { SidebarChangesSubscription } from './generated/graphql.js';

graphql(`
  fragment SidebarItem on ChatSession {
    id
    title
    messageCount
    updatedAt
  }
`);

/** The changes of a user's list with all that a sidebar shows. */
export const WatchList = graphql(`
  subscription SidebarChanges($userId: ID, $after: String) {
    userChatSessionChanges(userId: $userId, after: $after) {
      __typename
      cursor
      ... on UserChatSessionMoved {
        chatSession {
          ...SidebarItem
        }
      }
      ... on UserChatSessionDeleted {
        sessionId
      }
    }
  }
`);

const List = graphql(`
  query SidebarList {
    chatSessions(first: 1000) {
      nodes {
        ...SidebarItem
      }
    }
  }
`);

type Change = SidebarChangesSubscription['userChatSessionChanges'];
type Item = Extract<Change, { __typename: 'UserChatSessionMoved' }>['chatSession'];

/** A list of sessions as a sidebar keeps it: from changes alone, after it was read once. */
export class Sidebar {
  cursor: string | null = null;
  readonly #items: Map<string, Item>;

  constructor(items: readonly Item[] = []) {
    this.#items = new Map(items.map((item) => [item.id, item]));
  }

  apply(change: Change): void {
    this.cursor = change.cursor;
    if (change.__typename === 'UserChatSessionMoved')
      this.#items.set(change.chatSession.id, change.chatSession);
    if (change.__typename === 'UserChatSessionDeleted') this.#items.delete(change.sessionId);
  }

  get items(): Item[] {
    const place = ({ updatedAt, id }: Item) => `${updatedAt} ${id}`;
    return [...this.#items.values()].sort((a, b) => (place(a) < place(b) ? 1 : -1));
  }
}

/** What the ledger lists, 1,000 sessions at most. */
export async function readList(client: Pick<Client, 'runOk'>): Promise<Item[]> {
  return (await client.runOk(List)).chatSessions.nodes;
}
