import http from 'node:http';
import { performance } from 'node:perf_hooks';

/** Sends one request after the other on a connection that is kept. */
export function openClient(port) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

  /**
   * Sends a request to Chatledger.
   *
   * @returns the text of the answer, and the milliseconds from sending the request to having it
   */
  function send({ headers, body }) {
    const began = performance.now();
    const options = {
      ...{ port, host: '127.0.0.1', method: 'POST', path: '/graphql', agent, timeout: 60_000 },
      headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
    };
    return new Promise((resolve, reject) => {
      const outgoing = http.request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.once('end', () => resolve({ text, milliseconds: performance.now() - began }));
        response.once('error', reject);
      });
      outgoing.once('error', reject);
      outgoing.once('timeout', () => outgoing.destroy(new Error('No answer within 60 s.')));
      outgoing.end(JSON.stringify(body));
    });
  }

  return { send, close: () => agent.destroy() };
}
