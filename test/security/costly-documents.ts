import { numbers } from '../support/ledger.js';

// Documents of nearly as many tokens as are taken, or as many bytes, and what speaks against them.

const documentTokens = 49_000;
const long = 'x'.repeat(7_800_000);

const some = (text: (n: number) => string, tokensEach: number, tokens = documentTokens) =>
  numbers(Math.floor(tokens / tokensEach))
    .map(text)
    .join(' ');
const create = (fields: string) => `mutation { createChatSession(input: { ${fields} }) { __typename } }`;
const append = (fields: string) =>
  `mutation { appendChatMessage(input: { sessionId: "x", message: { ${fields} } }) { __typename } }`;
const batch = (messages: string) =>
  `mutation { appendChatMessages(input: { sessionId: "x", messages: [${messages}] }) { __typename } }`;
const next = (n: number, count: number) =>
  numbers(count)
    .map((further) => `...F${n + further + 1}`)
    .join(' ');

/** By the code of what they are answered. */
export const documents: Record<string, Record<string, () => string>> = {
  GRAPHQL_VALIDATION_FAILED: {
    'unknown fields': () => `{ viewer { ${some((n) => `kimd${n}`, 1)} } }`,
    'unknown arguments': () => `{ chatSessions(${some((n) => `firts${n}: 1`, 3)}) { totalCount } }`,
    'unknown input fields': () => create(some((n) => `titel${n}: 1`, 3)),
    'unknown types of variables': () => `query (${some((n) => `$v${n}: Strin${n}`, 4)}) { __typename }`,
    'input fields more than once': () => create(some(() => 'title: "a"', 3)),
    'misspelt roles': () => batch(some(() => '{ role: USRE }', 5)),
    'long lists for roles': () => batch(some(() => `{ role: [${'1 '.repeat(1_000)}] }`, 1_007)),
    'texts of 300 kB for roles': () => batch(some(() => `{ role: "${'x'.repeat(300_000)}" }`, 1, 25)),
    'a text of 7 MB for a role': () => append(`role: "${long}"`),
    'a text of control characters for a message': () => batch(`"${'\\u0000'.repeat(1_100_000)}"`),
    'a number of 7 million digits': () => `{ chatSessions(first: ${'1'.repeat(7_800_000)}) { totalCount } }`,
    'a number of 7 million digits in JSON': () => create(`credentials: { a: ${'1'.repeat(7_800_000)} }`),
    'a number of 7 million zeros in JSON': () => create(`credentials: { a: 0.${'0'.repeat(7_800_000)}1 }`),
    'numbers out of range in JSON': () => create(`credentials: { a: [${some(() => '1e999', 1)}] }`),
    'words in JSON': () => create(`credentials: { a: [${some(() => 'a', 1)}] }`),
    'a name of 7 MB for a field': () => `{ viewer { ${long} } }`,
    'a name of 7 MB for a type': () => `query ($a: ${long}) { viewer { kind } }`,
    'a name of 7 MB for an argument': () => `{ viewer(${long}: 1) { kind } }`,
    'a name of 7 MB for a variable': () => `query ($${long}: Int) { viewer { kind } }`,
    'a name of 7 MB for a directive': () => `{ viewer @${long} { kind } }`,
    'a name of 7 MB for a role': () => append(`role: ${long}`),
    'names of 300 kB for fields': () => `{ viewer { ${some((n) => `a${n}${'x'.repeat(300_000)}`, 1, 25)} } }`,
    'comments on many lines': () => `{ viewer { ${'#\n'.repeat(49_000)} kimd } }`,
    'mistakes behind many lines': () => `{ viewer { ${'\n'.repeat(99_000)} ${some((n) => `k${n}`, 1)} } }`,
    'nothing but commas before a mistake': () => `{ viewer { ${','.repeat(7_800_000)} kimd } }`,
    'variables that nothing takes': () => `query (${some((n) => `$v${n}: Int`, 4)}) { __typename }`,
    'the same variable on many lines': () => `query (${some(() => '\n$v: Int', 4)}) { __typename }`,
    'the same argument on many lines': () =>
      `{ chatSessions(${some(() => '\nfirst: 1', 3)}) { totalCount } }`,
    'undefined variables': () => `{ nodes(ids: [${some((n) => `$v${n}`, 2)}]) { id } }`,
    'variables of a wrong type': () => `query ($v: Int) { nodes(ids: [${some(() => '$v', 2)}]) { id } }`,
    'defaults of a wrong type': () => `query (${some((n) => `$v${n}: Int = ""`, 6)}) { __typename }`,
    'arguments of a directive': () => `{ viewer @skip(${some((n) => `a${n}: 1`, 3)}) { kind } }`,
    'fragments that nothing spreads': () =>
      `{ __typename } ${some((n) => `fragment F${n} on Query { __typename }`, 7)}`,
    'fragments with the same name': () => `{ ...F } ${some(() => 'fragment F on Query { __typename }', 7)}`,
    'fragments in a circle, on many lines': () =>
      `{ ...F0 } ${some((n) => `\nfragment F${n} on Query {\n ...F${(n + 1) % 1_000} }`, 8, 8_000)}`,
    'fields without fields': () =>
      `{ ${some((n) => `a${n % 99}: viewer`, 3, 290)} ${some(() => 'viewer', 1, 600)} }`,
    'a subscription to many fields': () => `subscription { ${some((n) => `f${n}`, 1)} }`,
  },
  GRAPHQL_PARSE_FAILED: {
    'a mistake of grammar behind 7 MB': () => `{ viewer { ${' '.repeat(7_800_000)} ! } }`,
    'a bad character behind a long text': () => `{ viewer(a: "${long}" \u0007) }`,
    'a text without its end': () => `{ viewer(a: "${long}`,
  },
  QUERY_TOO_COMPLEX: {
    'fragments that spread many others, of which some are missing': () =>
      `{ ...F0 } ${some((n) => `fragment F${n} on Query { ${next(n, 50)} }`, 107, 30_000)}`,
    'missing arguments': () => `{ ${some(() => 'node { id }', 4, 2_800)} }`,
    'some operations that all use many variables': () =>
      `${some((n) => `query Q${n}($a: ID!) { ...A }`, 13, 250)} fragment A on Query { nodes(ids: [${some(() => '$a', 2, 40_000)}]) { x } }`,
    'the same misspelt field': () => `{ viewer { ${some(() => 'kimd', 1)} } }`,
    'misspelt fields, each many times': () =>
      `{ chatSessions { nodes { ${some((n) => `mesages${n % 99}`, 1)} } } }`,
    'the same field without fields': () => `{ ${some(() => 'viewer', 1)} }`,
    'the same field with fields that it can not have': () => `{ viewer { ${some(() => 'kind { a }', 4)} } }`,
    'millions of lines': () => `{ viewer { ${'\n'.repeat(3_800_000)} kimd } }`,
    'millions of lines before a mistake of grammar': () => `{ viewer { ${'\n'.repeat(3_800_000)} ! } }`,
    'millions of lines in a text': () => create(`title: """${'\n'.repeat(3_800_000)}"""`),
    'millions of lines in a text without its end': () => `{ viewer(a: """${'\n'.repeat(3_800_000)}`,
    'fragments in each other': () =>
      `{ ...F0 } ${some((n) => `fragment F${n} on Query { ...F${n + 1} }`, 8)}`,
    'fragments beside each other': () =>
      `{ ${some((n) => `...F${n}`, 2, 8_000)} } ${some((n) => `fragment F${n} on Query { viewer { kimd } }`, 10, 40_000)}`,
    'fragments that are not there': () => `{ ${some((n) => `...F${n}`, 2)} }`,
    'fragments on unknown types': () => `{ ${some((n) => `... on ChatSesion${n} { id }`, 6)} }`,
    'fragments on types that do not fit': () => `{ ${some(() => '... on Viewer { kind }', 6)} }`,
    operations: () => some((n) => `query Q${n} { viewer { kimd } }`, 8),
    'operations that all spread the same fragments': () =>
      `${some((n) => `query Q${n} { ...A }`, 6, 24_000)} fragment A on Query { ${some((n) => `...F${n}`, 2, 4_000)} } ${some((n) => `fragment F${n} on Query { x }`, 7, 14_000)}`,
    'many operations that all use many variables': () =>
      `${some((n) => `query Q${n}($a: ID!) { ...A }`, 13, 24_000)} fragment A on Query { nodes(ids: [${some(() => '$a', 2, 24_000)}]) { id } }`,
    'fields in conflict': () => `{ viewer { ${some((n) => (n % 2 ? 'kind' : 'kind: userId'), 2)} } }`,
    'fields with other arguments': () => `{ ${some((n) => `node(id: "${n}") { id }`, 9)} }`,
    'the same field in fragments': () => `{ viewer { ${some(() => '... { kind }', 4)} } }`,
    'fields with fields of the same name': () => `{ ${some(() => 'chatSessions { nodes { id } }', 7)} }`,
  },
};
