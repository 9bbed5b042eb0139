import type { ReceivedError } from './client.js';
import type { TypedDocumentString } from './generated/graphql.js';

/** What a stream brings: the data of an event, or the errors that came in place of it. */
export interface Event<Data> {
  readonly data: Data | null;
  readonly errors: readonly ReceivedError[];
}

/** A subscription that is read as its events come. */
export interface Watch<Data> {
  /** Those of the answer; none over a socket. */
  readonly headers: Headers;
  /** By which the log names what carries it: the request, or the socket. */
  readonly logId: string;
  /** The next event; undefined when the server has completed the stream. @throws when the connection breaks */
  next(): Promise<Event<Data> | undefined>;
  /** The data of the next event. @throws when there is none */
  nextData(): Promise<Data>;
  /** The data of the events that follow, until the server completes the stream. */
  rest(): Promise<Data[]>;
  /** Comments so far: the keep-alives. */
  readonly comments: number;
  /** Breaks off, as a client does that goes away. */
  stop(): void;
}

/** The server has answered, but not with a stream. */
export class NoStreamError extends Error {
  constructor(
    readonly status: number,
    body: string,
  ) {
    super(`No stream but ${status}: ${body}`);
  }
}

/** Begins to watch over server-sent events. @throws NoStreamError; whatever `fetch` throws when there is no answer */
export async function watchEvents<Data, Variables>(
  url: string,
  headers: Record<string, string>,
  document: TypedDocumentString<Data, Variables> | string,
  variables: Variables,
): Promise<Watch<Data>> {
  const stopping = new AbortController();
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
    body: JSON.stringify({ query: document.toString(), variables }),
    signal: stopping.signal,
  });
  if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    throw new NoStreamError(response.status, await response.text());
  }
  let comments = 0;
  const events = readEvents<Data>(response.body, () => (comments += 1));
  const next = async () => {
    const result = await events.next();
    return result.done ? undefined : result.value;
  };
  const nextData = async () => {
    const event = await next();
    if (!event?.data) throw new Error(`Expected data: ${JSON.stringify(event)}`);
    return event.data;
  };
  return {
    headers: response.headers,
    logId: response.headers.get('x-request-id') ?? '',
    next,
    nextData,
    async rest() {
      const rest: Data[] = [];
      for (let event = await next(); event; event = await next()) if (event.data) rest.push(event.data);
      return rest;
    },
    get comments() {
      return comments;
    },
    stop: () => {
      stopping.abort();
    },
  };
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as GraphQL uses it. */
async function* readEvents<Data>(
  body: ReadableStream<Uint8Array>,
  onComment: () => void,
): AsyncGenerator<Event<Data>, void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      if (lines.every((line) => line === '' || line.startsWith(':'))) onComment();
      if (lines.includes('event: complete')) return;
      const data = lines.find((line) => line.startsWith('data: {'));
      if (data === undefined) continue;
      const { data: value = null, errors = [] } = JSON.parse(data.slice(6)) as {
        data?: Data | null;
        errors?: ReceivedError[];
      };
      yield { data: value, errors };
    }
  }
  throw new Error('The connection ended without a word.');
}
