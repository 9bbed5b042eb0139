import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  executeSync,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  GraphQLIncludeDirective,
  GraphQLSkipDirective,
  isEnumType,
  isListType,
  Kind,
  parse,
  validate,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLFieldResolver,
} from 'graphql';
import { planCost, type OperationCost } from '../../src/http/limits/cost.js';
import { schema } from '../../src/schema/schema.js';
import { Random } from '../support/chaos/random.js';
import { createRequests } from '../support/generated-requests.js';
import { numbers } from '../support/ledger.js';

const plans = new Map<string, OperationCost>();

/** What a document costs, by a plan that is the same whenever it is asked for. */
function costOf(text: string, variables: Record<string, unknown>): number {
  let plan = plans.get(text);
  if (!plan) plans.set(text, (plan = planOf(valid(text))));
  return plan(variables);
}

function planOf(document: DocumentNode): OperationCost {
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  if (!operation) throw new Error('There is no operation.');
  return planCost(schema, document, operation);
}

function valid(text: string): DocumentNode {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return document;
}

const messages = (args: string, selection = 'nodes { content }') =>
  `chatSession(id: "x") { messages${args} { ${selection} } }`;
const append = (args: string) =>
  `appendChatMessages(input: ${args}) { ... on AppendChatMessagesSuccess { chatMessages { id } } ... on Error { message } }`;

describe('the cost of', () => {
  test.each<[string, number]>([
    ['{ __typename }', 1],
    ['{ viewer { kind userId } }', 2],
    ['{ chatSession(id: "x") { id title messageCount } }', 2],
    [`{ ${messages('(last: 40)')} }`, 1 + 1 + 1 + 40],
    [`{ ${messages('(first: 0)')} }`, 3],
    [`{ ${messages('')} }`, 103],
    [`{ ${messages('(after: "x")')} }`, 103],
    [`{ ${messages('(first: null, last: 5)')} }`, 8],
    [`{ ${messages('(first: null)')} }`, 103],
    [`{ ${messages('(first: -5)')} }`, 3],
    [`{ ${messages('(first: 2147483647)')} }`, 1_003],
    [`{ ${messages('(first: 3, last: 7)')} }`, 10],
    [`{ ${messages('(last: 10)', 'totalCount')} }`, 4],
    [`{ ${messages('(last: 10)', 'pageInfo { hasNextPage }')} }`, 2 + 1 + 10],
    [`{ ${messages('(last: 10)', '__typename totalCount')} }`, 4],
    ['{ chatSession(id: "x") { changes(first: 7) { revision } } }', 3 + 7],
    [
      `{ chatSession(id: "x") { ${numbers(60)
        .map((n) => `a${n}: title`)
        .join(' ')} } }`,
      2 + 2,
    ],
    [
      `{ chatSession(id: "x") { messages(last: 10) { nodes { ${numbers(99)
        .map((n) => `a${n}: toolCalls`)
        .join(' ')} } } } }`,
      3 + 10 * (1 + 3),
    ],
    [`{ ${messages('(last: 10)', 'edges { cursor node { id } } nodes { id }')} }`, 3 + 20 + 10],
    ['{ chatSessions { nodes { id } } }', 2 + 50],
    [
      '{ chatSessions(first: 100) { nodes { messages(first: 100) { nodes { id } } } } }',
      2 + 100 * (1 + 1 + 100),
    ],
    [
      '{ chatSessions(first: 20) { totalCount nodes { lastMessage { session { id } } } } }',
      2 + 1 + 20 * (1 + 1 + 1),
    ],
    [
      '{ a: chatSessions(first: 5) { nodes { id } } b: chatSessions(first: 5) { nodes { id } } }',
      1 + 2 * (1 + 5),
    ],
    ['{ chatSession(id: "x") { changes { changes { revision } } } }', 3 + 100],
    ['{ chatSession(id: "x") { changes(first: 7) { changes { revision } } } }', 3 + 7],
    [
      `{ chatSession(id: "x") { changes(first: 7) { changes {
        ... on ChatMessagesAppended { chatMessages { session { id } } }
        ... on ChatSessionUpdated { chatSession { id } } } } } }`,
      3 + 7 * (1 + 2),
    ],
    ['{ node(id: "x") { id } }', 2],
    ['{ nodes(ids: ["x", "y", "z"]) { id } }', 1 + 3],
    ['{ nodes(ids: "x") { id } }', 1 + 1],
    [
      '{ nodes(ids: ["x", "y"]) { ... on ChatSession { messages(last: 10) { nodes { id } } } ... on ChatMessage { session { id } } } }',
      1 + 2 * (1 + 11),
    ],
    ['{ nodes(ids: ["x", "y"]) { ... on Node { ... on ChatMessage { session { id } } } } }', 1 + 2 * 2],
    [
      '{ chatSession(id: "x") { a: messages(first: 2) { ...P } b: messages(first: 3) { ...P } } } fragment P on ChatMessageConnection { nodes { id } }',
      2 + (1 + 2) + (1 + 3),
    ],
    ['{ __schema { types { name } } }', 1_001],
    ['{ __type(name: "Query") { name } a: __typename }', 1_001],
    [`{ ${messages('(last: 9)')} viewer @skip(if: true) { kind } }`, 12],
    [`{ viewer { kind } ... @include(if: false) { ${messages('(last: 9)')} } }`, 2],
    ['mutation { appendChatMessage(input: { sessionId: "x", message: { role: USER } }) { __typename } }', 2],
    [
      `mutation { ${append('{ sessionId: "x", messages: [{ role: USER }, { role: USER }, { role: USER }] }')} }`,
      2 + 30 + 3,
    ],
    [`mutation { ${append('{ sessionId: "x", messages: { role: USER } }')} }`, 2 + 10 + 1],
    [
      `mutation { appendChatMessage(input: { sessionId: "x", message: { role: USER, content: "${'x'.repeat(1_000)}" } }) { __typename } }`,
      2 + 4,
    ],
    ['subscription { userChatSessionChanges { cursor } }', 2],
  ])('%s', (text, cost) => {
    expect(costOf(text, {})).toBe(cost);
  });

  const page = (definition: string, name = 'n') =>
    `query (${definition}) { ${messages(`(first: $${name})`)} }`;
  const ids = 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }';
  const batch = `mutation ($input: AppendChatMessagesInput!) { ${append('$input')} }`;
  const user = { role: 'USER' };
  const optional = (directive: string) =>
    `query ($if: Boolean = false) { viewer { kind } ...F @${directive}(if: $if) } fragment F on Query { ${messages('(last: 9)')} }`;
  const nested =
    'query ($a: Int, $b: Int = 2) { chatSessions(first: $a) { nodes { messages(last: $b) { nodes { id } } } } }';

  const withVariables: [string, Record<string, unknown>, number][] = [
    [page('$n: Int'), { n: 500 }, 503],
    [page('$n: Int'), { n: 0 }, 3],
    [page('$n: Int'), { n: -1 }, 3],
    [page('$n: Int'), { n: 1e300 }, 1_003],
    [page('$n: Int'), { n: null }, 103],
    [page('$n: Int'), {}, 103],
    [page('$n: Int'), { n: 'many' }, 103],
    [page('$n: Int = 1000'), {}, 1_003],
    [page('$n: Int = 1000'), { n: null }, 103],
    [page('$n: Int = 1000'), { n: 1 }, 4],
    [page('$constructor: Int = 1000', 'constructor'), {}, 1_003],
    [page('$__proto__: Int = 1000', '__proto__'), {}, 1_003],
    [page('$__proto__: Int = 5', '__proto__'), JSON.parse('{"__proto__":900}') as object as never, 903],
    [nested, { a: 500, b: 500 }, 2 + 500 * (2 + 500)],
    [nested, { a: 20 }, 2 + 20 * (2 + 2)],
    [nested, {}, 2 + 50 * (2 + 2)],
    [nested, { b: null }, 2 + 50 * (2 + 100)],
    [nested, { a: 0, b: 1_000 }, 2],
    [ids, { ids: ['x', 'y'] }, 3],
    [ids, { ids: 'x' }, 2],
    [ids, { ids: Array<string>(5_000).fill('x') }, 1_001],
    ['query ($id: ID!) { nodes(ids: [$id, $id]) { id } }', { id: 'x' }, 3],
    [batch, { input: { messages: [user, user] } }, 2 + 20 + 2],
    [batch, { input: { messages: user } }, 2 + 10 + 1],
    [batch, { input: { messages: Array<object>(100_000).fill(user) } }, 2 + 5_000 + 500 + 5_600],
    [batch, { input: null }, 13],
    [batch, { input: { messages: { role: 'USER', content: 'x'.repeat(1_000_000) } } }, 2 + 10 + 1 + 4_000],
    [
      `mutation ($input: AppendChatMessagesInput!) { ${numbers(20)
        .map((n) => `a${n}: ${append('$input')}`)
        .join(' ')} }`,
      { input: { messages: { role: 'USER', toolCalls: ['x'.repeat(250_000)] } } },
      1 + 20 * (1 + 10 + 1 + 1_000),
    ],
    [
      `mutation ($messages: [ChatMessageInput!]!) { ${append('{ sessionId: "x", messages: $messages }')} }`,
      { messages: [user, user, user] },
      2 + 30 + 3,
    ],
    [optional('include'), {}, 2],
    [optional('include'), { if: true }, 13],
    [optional('skip'), {}, 13],
    [optional('skip'), { if: true }, 2],
  ];
  test.each(withVariables.map((each) => [each[0], JSON.stringify(each[1]).slice(0, 100), each] as const))(
    '%s with %s',
    (_text, _variables, [text, variables, cost]) => {
      expect(costOf(text, variables)).toBe(cost);
    },
  );

  test('a document with other variables each time', () => {
    const costs = withVariables.map(([text, variables]) => costOf(text, variables));
    expect(costs).toEqual(withVariables.map(([, , cost]) => cost));
    const plan = planOf(valid(nested));
    expect([plan({ a: 1, b: 1 }), plan({ a: 2, b: 1 }), plan({ a: 2, b: 3 }), plan({ a: 1, b: 1 })]).toEqual([
      2 + 3,
      2 + 6,
      2 + 10,
      2 + 3,
    ]);
  });

  test('fragments that double at 40 levels is told exactly, and they are looked through once', () => {
    const next = (level: number) => `lastMessage { session { ...F${level + 1} } }`;
    const levels = numbers(40).map((n) => `fragment F${n} on ChatSession { a: ${next(n)} b: ${next(n)} }`);
    const end = 'fragment F40 on ChatSession { messages(first: $n) { nodes { id } } }';
    const text = `query ($n: Int) { chatSession(id: "x") { ...F0 } } ${levels.join(' ')} ${end}`;
    const between = 4 * (2 ** 40 - 1);
    expect(costOf(text, { n: 3 })).toBe(2 + between + 2 ** 40 * (1 + 3));
    expect(costOf(text, { n: 0 })).toBe(2 + between + 2 ** 40);
  });
});

/** The schema alone, so that every value comes from the resolver below. */
const bare = buildSchema(readFileSync('schema.graphql', 'utf8'));
const defaultPages: Record<string, number> = { chatSessions: 50, messages: 100, changes: 100 };

/** Runs a document with every list as long as it may be, and counts the values that have fields: an independent count. */
function counted(document: DocumentNode, variableValues: Record<string, unknown>, most: number): number {
  let count = 1;
  const fieldResolver: GraphQLFieldResolver<{ rows?: number } | undefined, unknown> = (
    source,
    args: Record<string, unknown>,
    _context,
    info,
  ) => {
    const { fieldName, fieldNodes, parentType, returnType } = info;
    const type = getNamedType(returnType);
    if (!isCompositeType(type)) {
      if (fieldName === 'totalCount') count += 1;
      if (isEnumType(type)) return type.getValues()[0]?.value;
      return isListType(getNullableType(returnType)) ? [] : 1;
    }
    const asked = [args['first'], args['last']].filter((value) => typeof value === 'number');
    const size = asked.length > 0 ? Math.max(0, ...asked) : (defaultPages[fieldName] ?? 1);
    const value = () => {
      count += 1;
      if (count > most) throw new Error('The document costs more than was planned.');
      return { rows: Math.min(size, 1_000) };
    };
    if (!isListType(getNullableType(returnType))) {
      count += unshown(fieldNodes, fieldName, Math.min(size, 1_000), info.variableValues);
      return value();
    }
    const rows = parentType.name === 'Query' ? (args['ids'] as unknown[]).length : (source?.rows ?? 1);
    return Array.from({ length: rows }, value);
  };
  const typeResolver = (_value: unknown, _context: unknown, _info: unknown, type: unknown) =>
    isAbstractType(type) ? bare.getPossibleTypes(type)[count % 2]?.name : undefined;
  executeSync({ schema: bare, document, variableValues, fieldResolver, typeResolver });
  return count;
}

test('is what made-up requests come to when all lists are as long as they may be, or more', () => {
  const seed = Number(process.env['SEED'] ?? Date.now());
  const next = createRequests(schema, new Random(seed), {
    ids: ['x'],
    strings: ['x'],
    bad: true,
    aliases: [],
  });
  const seen = { exact: 0, upper: 0 };
  for (let n = 0; n < 2_000; n += 1) {
    const request = readable(next().body);
    if (!request) continue;
    const { document, query, variables } = request;
    const cost = planOf(document)(variables);
    if (cost > 20_000) continue;
    const count = counted(document, variables, cost);
    const told = { seed, query, variables };
    expect({ ...told, isEnough: count <= cost }).toEqual({ ...told, isEnough: true });
    // Nothing is selected twice in these, nothing has one type of several, and nothing is refused.
    const isPlain = !query.includes('...') && !selectsTwice(document) && count > 1;
    if (isPlain) expect({ ...told, cost }).toEqual({ ...told, cost: count });
    seen[isPlain ? 'exact' : 'upper'] += 1;
  }
  expect(seen.exact).toBeGreaterThan(100);
  expect(seen.upper).toBeGreaterThan(100);
});

/** Whether two fields have one place in the answer. */
function selectsTwice(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    SelectionSet({ selections }) {
      const keys = selections.flatMap((each) =>
        each.kind === Kind.FIELD ? (each.alias ?? each.name).value : [],
      );
      if (new Set(keys).size < keys.length) found = true;
    },
  });
  return found;
}

/** Rows of a page that are read and not shown, beyond what is shown instead of them. */
function unshown(
  nodes: readonly FieldNode[],
  field: string,
  rows: number,
  variables: Record<string, unknown>,
): number {
  if (!(field in defaultPages)) return 0;
  // What fragments show beneath is not counted here.
  if (nodes.some(({ selectionSet }) => selectionSet?.selections.some(({ kind }) => kind !== Kind.FIELD)))
    return 0;
  const isTaken = (node: FieldNode) =>
    getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] !== true &&
    getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
  const names = nodes.flatMap(({ selectionSet }) =>
    (selectionSet?.selections ?? []).flatMap((each) =>
      each.kind === Kind.FIELD && isTaken(each) ? [each.name.value] : [],
    ),
  );
  if (names.some((name) => ['nodes', 'edges', 'changes'].includes(name))) return 0;
  const free = names.filter((name) => name === 'totalCount').length;
  const pages = names.filter((name) => name === 'pageInfo').length;
  const reads = names.some((name) => name !== 'totalCount' && name !== '__typename');
  return reads ? Math.max(0, rows - free - pages) : 0;
}

function readable(body: string) {
  try {
    const { query, variables } = JSON.parse(body) as { query: string; variables: Record<string, unknown> };
    // What is no object is refused before.
    if (Object.prototype.toString.call(variables) !== '[object Object]') return undefined;
    const document = parse(query);
    const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    return validate(schema, document).length === 0 && operations.length === 1
      ? { query, variables, document }
      : undefined;
  } catch {
    return undefined;
  }
}
