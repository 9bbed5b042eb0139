import { watchEvents } from './watch-events.js';
import { watchOverSocket } from './watch-socket.js';

export { NoStreamError, type Watch } from './watch-events.js';

/** Each way in which subscriptions are answered. */
export const watchWays = [
  { way: 'event streams', watch: watchEvents },
  { way: 'a socket', watch: watchOverSocket },
] as const;

/** One way after the other. */
export const anyWay = (n: number) => (n % 2 === 0 ? watchEvents : watchOverSocket);

/** The usual way. All tests that follow changes are to pass over sockets too: TEST_STREAMS=socket */
export const watch = process.env['TEST_STREAMS'] === 'socket' ? watchOverSocket : watchEvents;

export { watchEvents };
