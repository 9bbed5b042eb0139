import { EventSourceParserStream } from 'eventsource-parser/stream';
import { dataIn, dataOf, envelopeOf, explained, parsed } from './answer.js';
import { NoAnswerError } from './errors.js';
import { either, type Http } from './http.js';
import { silence, type StreamSource } from './stream-source.js';
import { Watchdog } from './watchdog.js';

/** Streams as server-sent events, each over a request of its own. */
export function eventStreamsOver(http: Http): StreamSource {
  return async function* stream<Data>(request: object, signal: AbortSignal | undefined) {
    const body = JSON.stringify(request);
    const sent = await http.headersFor('text/event-stream');
    const watchdog = new Watchdog(http.timeout);
    const leaving = new AbortController();
    const ending = AbortSignal.any([watchdog.signal, leaving.signal]);
    try {
      const response = await http.post(body, sent, either(signal, ending));
      if (!response.body || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
        await dataOf(response);
        const { status } = response;
        throw new NoAnswerError('The server answers a subscription with no stream.', false, { status });
      }
      watchdog.feed(silence);
      const events = response.body
        .pipeThrough(watchdog.watching(silence))
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream())
        .getReader();
      for (;;) {
        const { done, value } = await events.read();
        if (done) throw new NoAnswerError('The stream broke off.', true);
        if (value.event === 'complete') return;
        if (value.event === 'next') yield dataIn(parsed<Data>(value.data), envelopeOf(response));
      }
    } catch (error) {
      throw explained(error, signal, watchdog.signal);
    } finally {
      watchdog.stop();
      leaving.abort();
    }
  };
}
