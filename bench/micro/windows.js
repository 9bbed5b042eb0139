import { Loaders } from '../../dist/data/loaders.js';
import { sessionId, shape, userId } from '../data/shape.js';
import { compare, toTable } from './measure.js';

const columns = ['sessionId', 'sequence', 'id', 'role', 'content', 'createdAt'];
const window = { from: 'end', limit: 20, offset: 0, after: null, before: null };

/** The loader of message windows, with the newest 20 messages of so many sessions of a user in one statement. */
export async function measureWindows({ database }) {
  const loadSessions = (count) => (n) => {
    const user = n % shape.users;
    const loaders = new Loaders(database, userId(user));
    return Promise.all(
      Array.from({ length: count }, (_, session) =>
        loaders.messageWindows.load({ id: sessionId(user, session), what: { window, columns } }),
      ),
    );
  };
  const ways = Object.fromEntries(
    [1, 5, 20, 50].map((count) => [`${count} sessions x 20`, loadSessions(count)]),
  );
  return [
    toTable('Window loader, 1 at a time', await compare(ways, { lanes: 1 })),
    toTable('Window loader, 10 at a time', await compare(ways, { lanes: 10 })),
  ];
}
