import { setImmediate as settled } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  execute,
  parse,
  validate,
  type DocumentNode,
  type ExecutionResult,
  type GraphQLError,
} from 'graphql';
import { createTextExecutor, type ExecuteAsText } from '../src/index.js';
import { createRequest } from './generated-request.js';
import { createSchema, type GeneratedSchema } from './generated-schema.js';
import { RawJson } from './generated-values.js';
import { nullPlaces } from './null-places.js';
import { hashOf, Random } from './random.js';

/** How many requests are made up: `REQUESTS=100000 npm test -- packages/text-executor` for more. */
const wanted = Number(process.env['REQUESTS'] ?? 1_000);

/** Requests for each schema that is made up. */
const perSchema = 20;

/** Times that each is run: the first time a plan is made, and then there is one. */
const times = 2;

// graphql-js leaves promises that nobody waits for when an item of a list fails. This executor must not.
let unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);
beforeAll(() => {
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('unhandledRejection', note);
});

type Kind = 'whole' | 'failed' | 'refused';

test('any request to any schema gets the answer of graphql-js, its keys in the same order', async () => {
  const seed = Number(process.env['SEED'] ?? Date.now());
  const seen: Record<Kind, number> = { whole: 0, failed: 0, refused: 0 };
  let planned = 0;
  let made: GeneratedSchema | undefined;
  let executeAsText: ExecuteAsText | undefined;
  for (let n = 0; n < wanted; n += 1) {
    const random = new Random(hashOf(seed, n));
    if (!made || !executeAsText || n % perSchema === 0) {
      made = createSchema(random);
      executeAsText = createTextExecutor(made.schema, {
        jsonOf: (value) => (value instanceof RawJson ? value.text : undefined),
        fallback: (args) => {
          planned -= 1;
          return execute(args);
        },
      });
    }
    const { schema } = made;
    const { query, variables } = createRequest(schema, random);
    const document = parse(query);
    if (validate(schema, document).length > 0) continue;
    for (let time = 0; time < times; time += 1) {
      const found = { seed, n, query, variables };
      planned += 1;
      const kind = await compare(made, executeAsText, document, variables, found);
      seen[kind] += 1;
    }
  }
  // They are of all kinds, and most of them were run by a plan.
  for (const [kind, count] of Object.entries(seen))
    expect({ kind, isRare: count < wanted / 100 }).toEqual({ kind, isRare: false });
  expect(planned).toBeGreaterThan(wanted * 0.9);
}, 600_000);

async function compare(
  { schema, isAsync }: GeneratedSchema,
  executeAsText: ExecuteAsText,
  document: DocumentNode,
  variableValues: Readonly<Record<string, unknown>>,
  found: object,
): Promise<Kind> {
  const args = { schema, document, variableValues, contextValue: {} };
  const actual = await executeAsText(args);
  await settled();
  expect({ ...found, unhandled }).toEqual({ ...found, unhandled: [] });
  const expected = await execute(args);
  await settled();
  unhandled = [];
  const data = actual.data === undefined ? undefined : [actual.data].flat().join('');
  expect({ ...found, data }).toEqual({ ...found, data: textOf(expected) });
  const { errors = [] } = expected;
  if (!isAsync || errors.length === 0 || expected.data === undefined) {
    expect({ ...found, errors: actual.errors.map(told) }).toEqual({ ...found, errors: errors.map(told) });
    if (expected.data === undefined) return 'refused';
    return errors.length === 0 ? 'whole' : 'failed';
  }
  // When several fields fail and the same ancestor becomes null, timing decides which error is reported. So the places
  // of null are compared.
  const places = nullPlaces(actual.errors, expected.data);
  expect({ ...found, places }).toEqual({ ...found, places: nullPlaces(errors, expected.data) });
  return 'failed';
}

function textOf({ data }: ExecutionResult): string | undefined {
  return data === undefined ? undefined : JSON.stringify(data);
}

function told({ message, path, locations }: GraphQLError): object {
  return { message, path, locations };
}
