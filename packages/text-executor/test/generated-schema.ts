import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLFloat,
  GraphQLID,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputType,
  type GraphQLOutputType,
} from 'graphql';
import { needsInfo } from '../src/index.js';
import { createValues, RawJson, type Values } from './generated-values.js';
import type { Random } from './random.js';
import { hashOf } from './random.js';

/** Any JSON, or such that is text already. */
const Json = new GraphQLScalarType({
  name: 'Json',
  serialize: (value) => (value instanceof RawJson ? value.parse() : value),
  extensions: { writeJson: (value) => (Array.isArray(value) ? JSON.stringify(value) : undefined) },
});

/** Refuses some values, and has no form for others. */
const Even = new GraphQLScalarType({
  name: 'Even',
  serialize: (value) => {
    if (typeof value !== 'number') throw new TypeError('It is no number.');
    return value % 2 === 0 ? value : null;
  },
});

const Color = new GraphQLEnumType({
  name: 'Color',
  values: { RED: { value: 'r' }, GREEN: { value: 2 }, BLUE: {} },
});

const Input: GraphQLInputObjectType = new GraphQLInputObjectType({
  name: 'Input',
  fields: () => ({
    number: { type: GraphQLInt, defaultValue: 3 },
    text: { type: new GraphQLNonNull(GraphQLString) },
    color: { type: Color },
    inner: { type: new GraphQLList(Input) },
  }),
});

const inputs: readonly GraphQLInputType[] = [
  GraphQLInt,
  new GraphQLNonNull(GraphQLInt),
  GraphQLString,
  GraphQLID,
  GraphQLBoolean,
  GraphQLFloat,
  Color,
  new GraphQLList(new GraphQLNonNull(Color)),
  Input,
  new GraphQLNonNull(Input),
  new GraphQLList(Input),
];

const leaves = [GraphQLInt, GraphQLString, GraphQLID, GraphQLBoolean, GraphQLFloat, Color, Json, Even];

export interface GeneratedSchema {
  readonly schema: GraphQLSchema;
  /** Whether some of its resolvers give promises. */
  readonly isAsync: boolean;
}

/**
 * A schema of any shape: objects, an interface and a union with lists and non-null types around them, whose fields have
 * resolvers of all kinds, or properties and methods of their objects instead.
 */
export function createSchema(random: Random): GeneratedSchema {
  const seed = random.between(0, 2 ** 31);
  const objects: GraphQLObjectType<unknown>[] = [];
  const isAsync = random.chance(0.7);
  const badness = random.pick([0, 0, 0.01, 0.05]);
  const valueOf: Values = createValues({
    isAsync,
    badness,
    objectNames: () => objects.map(({ name }) => name),
  });

  const wrapped = (type: GraphQLOutputType, depth = 0): GraphQLOutputType => {
    const choice = random.next();
    // The rule takes the classes of graphql-js for each other.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment
    if (choice < 0.25) return new GraphQLNonNull(type);
    if (choice < 0.4 && depth < 2) return new GraphQLList(wrapped(type, depth + 1));
    if (choice < 0.5 && depth < 2) return new GraphQLNonNull(new GraphQLList(wrapped(type, depth + 1)));
    return type;
  };

  const argumentsOf = (): GraphQLFieldConfigArgumentMap =>
    Object.fromEntries(
      random.times(1, 3, (index) => {
        const type = random.pick(inputs);
        const hasDefault = type === GraphQLInt && random.chance(0.4);
        return [`arg${index}`, { type, ...(hasDefault ? { defaultValue: 7 } : {}) }];
      }),
    );

  const fieldOf = (
    name: string,
    type: GraphQLOutputType,
    isShared: boolean,
  ): GraphQLFieldConfig<unknown, unknown> => {
    const args = !isShared && random.chance(0.3) ? argumentsOf() : {};
    const kind = random.pick(['property', 'resolver', 'with info'] as const);
    if (kind === 'property') return { type, args };
    const resolve: GraphQLFieldConfig<unknown, unknown, object>['resolve'] =
      kind === 'with info'
        ? (source, given: object, _context, info) => valueOf(source, name, type, given, info)
        : (source, given: object) => valueOf(source, name, type, given);
    return { type, args, resolve, ...(kind === 'with info' ? { extensions: needsInfo } : {}) };
  };

  const shared: Record<string, GraphQLOutputType> = {
    shared: wrapped(random.pick(leaves)),
    other: wrapped(random.pick(leaves)),
  };
  const Shared: GraphQLInterfaceType = new GraphQLInterfaceType({
    name: 'Shared',
    fields: () => Object.fromEntries(Object.entries(shared).map(([name, type]) => [name, { type }])),
    ...resolveTypeOf(random, isAsync),
  });
  const Either: GraphQLUnionType = new GraphQLUnionType({
    name: 'Either',
    types: () => objects.slice(0, 2),
    ...resolveTypeOf(random, isAsync),
  });

  const createObject = (name: string, hasInterface: boolean): GraphQLObjectType => {
    const own = random.times(2, 6, (index) => `field${index}`);
    const type: GraphQLObjectType = new GraphQLObjectType({
      name,
      interfaces: hasInterface ? [Shared] : [],
      fields: () => ({
        ...(hasInterface
          ? Object.fromEntries(
              Object.entries(shared).map(([field, each]) => [field, fieldOf(field, each, true)]),
            )
          : {}),
        ...Object.fromEntries(
          own.map((field) => {
            const isLeaf = random.chance(0.5);
            const named = isLeaf ? random.pick(leaves) : random.pick([...objects, Shared, Either]);
            return [field, fieldOf(field, wrapped(named), false)];
          }),
        ),
      }),
    });
    return type;
  };
  for (let index = 0; index < 4; index += 1) objects.push(createObject(`Object${index}`, index !== 1));
  // Fields are made when they are first asked for: in this order, so that the seed alone decides.
  for (const type of objects) type.getFields();
  const query = createObject('Query', false);
  const mutation = createObject('Mutation', false);
  query.getFields();
  mutation.getFields();
  const schema = new GraphQLSchema({ query, mutation, types: objects });
  valueOf.setSchema(schema, hashOf('schema', seed));
  return { schema, isAsync };
}

/** Types are named by a function of the interface or union, or by the objects themselves. */
function resolveTypeOf(
  random: Random,
  isAsync: boolean,
): { resolveType?: (value: unknown) => string | Promise<string> } {
  if (random.chance(0.5)) return {};
  const nameOf = (value: unknown) => (value as { __typename: string }).__typename;
  const waits = isAsync && random.chance(0.5);
  return { resolveType: waits ? (value) => Promise.resolve(nameOf(value)) : nameOf };
}
