// Which tests are callers that mean harm, for the second table of docs/reliability.md. Each test is one case.

const watching = { file: 'security/watching.test.ts', title: /^a second user/ };
const bad = (title) => ({ file: 'security/bad-input.test.ts', title });

/** Files below `test/`, and if not all of their tests count those with such full names. */
export const hostile = [
  {
    what: 'SIGTERM, SIGINT with requests and streams open',
    outcome: 'they finish, streams are completed, newcomers are refused, exit code 0',
    tests: [
      { file: 'process/stop.test.ts' },
      { file: 'process/stop-streams.test.ts' },
      { file: 'process/workers.test.ts', title: /^on SIG/ },
    ],
  },
  {
    what: 'ten subscribers that stall',
    outcome: 'bounded memory, nobody else waits, nothing is missed',
    tests: [{ file: 'process/stalled-readers.test.ts' }],
  },
  {
    what: "the issuer's keys can't be had",
    outcome: 'UNAUTHENTICATED that says so; keys that are known hold on',
    tests: [
      { file: 'security/issuer.test.ts', title: /can not be checked while|issuer is gone|issuer seldom/ },
    ],
  },
  {
    what: 'documents and variables too deep, too long or too often the same',
    outcome: 'QUERY_TOO_COMPLEX, or BAD_USER_INPUT with its path',
    tests: [
      { file: 'security/hostile-requests.test.ts', title: /^documents are refused|^variables/ },
      { file: 'security/limits.test.ts', title: /refuses, with a code and a count, (?!but not)/ },
    ],
  },
  {
    what: 'requests of 8 MB or 50,000 tokens that are wrong in as many ways',
    outcome: 'a code, for at most 1 s of CPU time and 64 MB',
    tests: [{ file: 'security/refusal-costs.test.ts' }],
  },
  {
    what: 'many different documents, the heaviest that are kept',
    outcome: 'the memory that they take is bounded',
    tests: [{ file: 'security/kept-documents.test.ts' }],
  },
  {
    what: 'tens of thousands of requests at once over one connection',
    outcome: 'RATE_LIMITED, the connection is closed, and nobody else waits',
    tests: [{ file: 'security/pipelining.test.ts', title: /20,000/ }],
  },
  {
    what: 'more connections at once than Node lets wait',
    outcome: 'they wait to be accepted, and are answered',
    tests: [{ file: 'process/backlog.test.ts' }],
  },
  {
    what: 'the schema of the next version beneath a server',
    outcome: 'it serves on, or starts with a warning',
    tests: [{ file: 'api/later-schema.test.ts' }],
  },
  {
    what: 'a user with more requests at once than there are connections, and maps of as many keys as they hold',
    outcome: 'others are served; RATE_LIMITED for what is too much',
    tests: [{ file: 'security/concurrent-requests.test.ts' }, { file: 'security/large-merges.test.ts' }],
  },
  {
    what: 'short requests that would write a multiple of their size',
    outcome: 'QUERY_TOO_COMPLEX, and nothing is written',
    tests: [{ file: 'security/multiplied-requests.test.ts', title: /49,500|99 times/ }],
  },
  {
    what: 'answers of the database that are damaged',
    outcome: 'its connection breaks, and the next one serves',
    tests: [{ file: 'faults/damaged-answers.test.ts' }],
  },
  {
    what: 'the same read a thousand times in a request',
    outcome: 'read once, or QUERY_TOO_COMPLEX',
    tests: [
      { file: 'security/repeated-reads.test.ts' },
      { file: 'security/multiplied-requests.test.ts', title: /thousand/ },
    ],
  },
  {
    what: 'answers of gigabytes, and answers and streams that nobody reads',
    outcome: 'ANSWER_TOO_LARGE, or the connection is closed; bounded memory',
    tests: [
      { file: 'security/large-answers.test.ts', title: /^an answer|^an event|^\d+ answers|^a hundred/ },
    ],
  },
  {
    what: 'malformed documents and bodies',
    outcome: 'a code each, and nothing is carried out',
    tests: [
      { file: 'security/hostile-requests.test.ts', title: /^documents are told apart/ },
      { file: 'security/http.test.ts', title: /^a body that|^a body with/ },
    ],
  },
  {
    what: 'bodies too large, half sent, smuggled',
    outcome: '413, 408, 400, and nothing hidden in them is carried out',
    tests: [
      { file: 'security/raw-bodies.test.ts' },
      { file: 'security/http.test.ts', title: /^a body over the limit/ },
    ],
  },
  {
    what: 'requests of pages of other origins',
    outcome: '405 or 415 or unreadable for the page, and nothing is stored',
    tests: [{ file: 'security/cross-origin.test.ts' }],
  },
  {
    what: 'fields, mutations and subscriptions with ids of another user',
    outcome: 'as with ids of nothing, and nothing is changed',
    tests: [{ file: 'security/visibility.test.ts', title: /^a second user/ }, watching],
  },
  {
    what: 'ids of wrong kinds',
    outcome: 'BAD_USER_INPUT with its path, and nothing is stored',
    tests: [bad(/\bid\b|\bids\b|watching "/)],
  },
  {
    what: 'other bad input: text, numbers, cursors, roles, JSON',
    outcome: 'BAD_USER_INPUT with its path, and nothing is stored',
    tests: [bad(/^(?!.*(\bid\b|\bids\b|watching "))/)],
  },
  {
    what: 'hostile text that is allowed',
    outcome: 'stored and given back byte for byte',
    tests: [
      { file: 'api/stored-values.test.ts', title: /^text comes back|^so does a title|^content of 1,000,000/ },
    ],
  },
];
