import type { TypedDocumentString } from './generated/graphql.js';

/** A GraphQL error as it arrives. */
export interface ReceivedError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly object[];
  readonly extensions: {
    readonly code: string;
    readonly retryable: boolean;
    readonly requestId: string;
    readonly path?: readonly (string | number)[];
  };
}

export interface Received<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data | null | undefined;
  readonly errors: readonly ReceivedError[];
}

type Variables<V> = V extends Record<string, never> ? [] : [variables: V];

/** Sends typed documents to a server over HTTP, as one caller. */
export interface Client {
  /** The whole answer. */
  run<Data, V>(document: TypedDocumentString<Data, V>, ...variables: Variables<V>): Promise<Received<Data>>;
  /** The data of an answer without errors. */
  runOk<Data, V>(document: TypedDocumentString<Data, V>, ...variables: Variables<V>): Promise<Data>;
  /** The one error of an answer, after which there is no data. */
  runError<Data, V>(
    document: TypedDocumentString<Data, V>,
    ...variables: Variables<V>
  ): Promise<ReceivedError>;
  /** Sends anything: a body that no type allows. */
  post(body: unknown, headers?: Record<string, string>): Promise<Received<unknown>>;
}

export function createClient(url: string, headers: Record<string, string>): Client {
  async function post<Data>(body: unknown, more: Record<string, string> = {}): Promise<Received<Data>> {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers, ...more },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    const text = isStream ? onlyEvent(await response.text()) : await response.text();
    const answer = JSON.parse(text) as { data?: Data | null; errors?: ReceivedError[] };
    return {
      status: response.status,
      headers: response.headers,
      data: answer.data,
      errors: answer.errors ?? [],
    };
  }
  return clientOf(post);
}

/** What a client sends is sent by `post`: a body, and more headers where there are any. */
export function clientOf(
  post: <Data>(body: unknown, more?: Record<string, string>) => Promise<Received<Data>>,
): Client {
  const run = <Data, V>(document: TypedDocumentString<Data, V>, ...[variables]: Variables<V>) =>
    post<Data>({ query: document.toString(), variables });

  return {
    run,
    post,
    async runOk(document, ...variables) {
      const { data, errors } = await run(document, ...variables);
      if (errors.length > 0 || data == null) throw new Error(`Expected data: ${JSON.stringify(errors)}`);
      return data;
    },
    async runError(document, ...variables) {
      const { data, errors } = await run(document, ...variables);
      const [error] = errors;
      const isEmpty = data == null || Object.values(data).every((value) => value === null);
      if (!error || errors.length > 1 || !isEmpty)
        throw new Error(`Expected an error: ${JSON.stringify({ data, errors })}`);
      return error;
    },
  };
}

/** What a stream says that is over at once: why there is none. @throws when it says more */
function onlyEvent(stream: string): string {
  const json = /^:\n\nevent: next\ndata: (.*)\n\nevent: complete\ndata:\n\n$/.exec(stream)?.[1];
  if (json === undefined) throw new Error(`Expected one event: ${stream}`);
  return json;
}
