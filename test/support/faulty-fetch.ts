/** A `fetch` that goes wrong as networks do, and remembers what was sent through it. */
export interface FaultyFetch {
  readonly fetch: typeof globalThis.fetch;
  /** The requests so far: their variables and headers. */
  readonly sent: readonly { readonly variables: Record<string, unknown>; readonly headers: Headers }[];
}

/** What goes wrong with a request: nothing, the way there, or the way back. */
export type Fault =
  | 'none'
  /** It never arrives. */
  | 'lost request'
  /** It is done, and nobody hears of it. */
  | 'lost answer'
  /** Something on the way answers instead. */
  | Response;

/** The variables of a request of the SDK. */
function variablesIn(init: RequestInit | undefined): Record<string, unknown> {
  if (typeof init?.body !== 'string') throw new Error('The SDK sends its requests as text.');
  return (JSON.parse(init.body) as { variables?: Record<string, unknown> }).variables ?? {};
}

/** Remembers each request, and has it answered by its number. */
function recording(
  answer: (number: number, ...request: Parameters<typeof fetch>) => Promise<Response>,
): FaultyFetch {
  const sent: { variables: Record<string, unknown>; headers: Headers }[] = [];
  return {
    sent,
    fetch: (url, init) =>
      answer(sent.push({ variables: variablesIn(init), headers: new Headers(init?.headers) }) - 1, url, init),
  };
}

/** @param faultOf what happens to the request of this number, from 0 */
export function createFaultyFetch(faultOf: (number: number) => Fault): FaultyFetch {
  return recording(async (number, ...request) => {
    const fault = faultOf(number);
    if (fault instanceof Response) return fault;
    if (fault === 'lost request') throw networkError();
    const response = await fetch(...request);
    if (fault === 'none') return response;
    await response.arrayBuffer();
    throw networkError();
  });
}

/** A `fetch` whose streams break behind so many events, the one of their end included. */
export function createBreakingFetch(eventsOf: (stream: number) => number): FaultyFetch {
  return recording(async (number, ...request) => {
    const events = eventsOf(number);
    const response = await fetch(...request);
    if (!response.body) return response;
    return new Response(streamOf(breakingAfter(events, response.body)), response);
  });
}

async function* breakingAfter(events: number, body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  let text = '';
  let left = events;
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const part = text.slice(0, end + 2);
      text = text.slice(end + 2);
      if (part.includes('event: ') && (left -= 1) < 0) throw networkError();
      yield encoder.encode(part);
    }
  }
}

/** Gives what the reader has room for, and no more: an error would take away what waits before it. */
function streamOf(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const part = await parts.next();
    if (part.done) controller.close();
    else controller.enqueue(part.value);
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

/** What `fetch` throws, and its streams, when the network fails. */
function networkError(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('the network is down') });
}
