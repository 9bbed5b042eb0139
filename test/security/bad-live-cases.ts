import { add, infinity, loneSurrogate, notUuids, nul, over } from './bad-cases.js';
import { changes, watching, watchingList } from './calls.js';

/** The cases of what follows the changes of a session or of a list. */
export function addLiveCases(): void {
  for (const bad of notUuids) {
    add(`watching ${JSON.stringify(bad.slice(0, 40))}`, {
      ...watching({ sessionId: bad }),
      path: ['sessionId'],
    });
  }
  for (const afterRevision of [-1, 2_147_483_648, 1.5, '0', [0, 1], true, infinity]) {
    const what = JSON.stringify(afterRevision);
    add(`watching after revision ${what}`, { ...watching({ afterRevision }), path: ['afterRevision'] });
    add(`changes after revision ${what}`, { ...changes({ afterRevision }), path: ['afterRevision'] });
  }
  for (const first of [-1, 0, 1_001]) {
    add(`${first} changes`, { ...changes({ first }), path: ['first'] });
  }
  for (const after of [
    'x',
    ' ',
    'u[]',
    'u[-1]',
    'u["0"]',
    'u[1e999]',
    's[0]',
    'm[0]',
    `u[${'9'.repeat(5_000)}]`,
  ]) {
    const cursor = after === 'x' ? after : Buffer.from(after).toString('base64url');
    add(`watching a list after ${after.slice(0, 20)}`, {
      ...watchingList({ after: cursor }),
      path: ['after'],
    });
  }
  for (const userId of ['', over, nul, loneSurrogate]) {
    add(`watching the list of ${JSON.stringify(userId.slice(0, 20))}`, {
      ...watchingList({ userId }),
      as: 'service',
      path: ['userId'],
    });
  }
  add('watching the list of nobody, as a service', { ...watchingList({}), as: 'service', path: ['userId'] });
}
