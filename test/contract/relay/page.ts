import { createClient } from 'graphql-sse';
import {
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getSingularSelector,
  Network,
  Observable,
  RecordSource,
  Store,
  type ConcreteRequest,
  type FetchFunction,
  type GraphQLResponse,
  type ReaderFragment,
  type Snapshot,
  type SubscribeFunction,
  type Variables,
} from 'relay-runtime';

/** An environment that asks a server, as Relay's documentation sets one up. */
export function environmentOn(url: string, headers: Record<string, string>): Environment {
  const ask: FetchFunction = async ({ text }, variables) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await response.json()) as GraphQLResponse;
  };
  const sse = createClient({ url, headers, retryAttempts: 0 });
  const watch: SubscribeFunction = ({ text }, variables) =>
    Observable.create((sink) =>
      sse.subscribe({ query: text ?? '', variables }, sink as Parameters<typeof sse.subscribe>[1]),
    );
  return new Environment({
    // The id in the answer to a deletion is that of the session, not one of the answer.
    getDataID: ({ id }: { readonly id?: string }, typename) =>
      typename === 'DeleteChatSessionSuccess' ? null : id,
    network: Network.create(ask, watch),
    store: new Store(new RecordSource()),
  });
}

/** Part of a page: what `usePaginationFragment` of react-relay gives to a component, by the same means. */
export interface PaginatedPart<Data> {
  /** As the store has it now. */
  readonly data: Data;
  load(direction: 'forward' | 'backward', count: number): Promise<void>;
}

/** Sends a query, and keeps what it brings. @returns what the page reads of it */
export async function open(
  environment: Environment,
  query: ConcreteRequest,
  variables: Variables,
): Promise<unknown> {
  const operation = createOperationDescriptor(query, variables);
  environment.retain(operation);
  await fetchQuery(environment, query, variables).toPromise();
  return environment.lookup(operation.fragment).data;
}

interface Connection {
  readonly pageInfo: { readonly startCursor: string | null; readonly endCursor: string | null };
}

/** @param parent data into which a query has spread the fragment */
export function paginated<Data>(
  environment: Environment,
  fragment: ReaderFragment,
  parent: unknown,
): PaginatedPart<Data> {
  const selector = getSingularSelector(fragment, parent);
  let snapshot: Snapshot = environment.lookup(selector);
  environment.subscribe(snapshot, (latest) => {
    snapshot = latest;
  });
  const { paginationRequest, paginationMetadata, connectionPathInFragmentData } = getPaginationMetadata(
    fragment,
    fragment.name,
  );
  const [field = ''] = connectionPathInFragmentData;
  return {
    get data() {
      return snapshot.data as Data;
    },
    async load(direction, count) {
      const { id, [field]: connection } = snapshot.data as Record<string, unknown>;
      const { pageInfo } = connection as Connection;
      const cursor = direction === 'forward' ? pageInfo.endCursor : pageInfo.startCursor;
      const held = { ...selector.owner.variables, ...selector.variables };
      const variables = getPaginationVariables(direction, count, cursor, held, {}, paginationMetadata);
      await fetchQuery(environment, paginationRequest, { ...variables, id }).toPromise();
    },
  };
}
