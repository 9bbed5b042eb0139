import type { Plugin } from 'graphql-yoga';

/** Says to proxies and browsers how to treat a stream of events. */
export function useEventStream(): Plugin {
  return {
    onResponse({ response }) {
      if (response.headers.get('content-type') !== 'text/event-stream') return;
      // nginx and its like would gather the events into a buffer before they pass them on.
      response.headers.set('x-accel-buffering', 'no');
      // Not "none", which is no coding that anybody knows.
      response.headers.delete('content-encoding');
      response.headers.set('cache-control', 'no-cache, no-transform');
    },
  };
}
