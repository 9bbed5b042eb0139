import { createHash } from 'node:crypto';

/** The data set: so many users with so many sessions of so many messages each. */
export const shape = { users: 200, sessionsOfUser: 50, messagesOfSession: 40 };

/** Length of a message's text in characters: from, to. They are spread evenly, so 300 is the mean. */
export const textLength = [100, 500];

export const userId = (user) => `user-${user}`;

export const sessionId = (user, session) => idOf(`session ${user} ${session}`);

/** The same ids in each run, scattered as random ones are. PostgreSQL makes them likewise: `md5(...)::uuid`. */
export const idOf = (text) =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Pseudo-random numbers from 0 to below 1: the same series for the same seed. */
export function randomSeries(seed) {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const words = makeWords(2_000);

/** Something that is about as compressible as prose: a few words often, many seldom. */
export function makeText(length, random) {
  let text = '';
  while (text.length < length) text += `${words[Math.floor(words.length ** random()) % words.length]} `;
  return text.slice(0, length).trimEnd();
}

function makeWords(count) {
  const random = randomSeries(1);
  const letter = () => String.fromCharCode(97 + Math.floor(26 * random() ** 1.5));
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: 1 + Math.ceil(Math.log2(n + 2) * random()) }, letter).join(''),
  );
}
