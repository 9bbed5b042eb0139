import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
} from 'graphql';
import { acceptsJson } from '../src/index.js';
import { hashOf, Random } from './random.js';

/** A value that is JSON text already. */
export class RawJson {
  constructor(readonly text: string) {}

  parse(): unknown {
    return JSON.parse(this.text);
  }
}

/** An object of a generated schema. Its fields depend on its seed alone. */
interface Source {
  readonly seed: number;
}

export interface Values {
  /** The value of a field, the same for the same source and arguments. */
  (source: unknown, name: string, type: GraphQLOutputType, args: object, info?: GraphQLResolveInfo): unknown;
  /** Has to be called before values are asked for. */
  setSchema(schema: GraphQLSchema, seed: number): void;
}

/**
 * Makes the values of fields: of all types, some of them wrong.
 *
 * @param isAsync whether some of them have to be waited for
 * @param badness how many of them are wrong, from 0 to 1
 */
export function createValues({
  isAsync,
  badness,
  objectNames,
}: {
  readonly isAsync: boolean;
  readonly badness: number;
  readonly objectNames: () => readonly string[];
}): Values {
  let schema: GraphQLSchema;
  let rootSeed = 0;
  const prototypes = new Map<string, object>();

  const valueOf = (
    source: unknown,
    name: string,
    type: GraphQLOutputType,
    args: object,
    info?: GraphQLResolveInfo,
  ): unknown => {
    const seed = (source as Source | undefined)?.seed ?? rootSeed;
    const random = new Random(hashOf(seed, name, JSON.stringify(args)));
    if (fails(type, random)) throw new Error(`${name} fails.`);
    const value = make(type, random, JSON.stringify(args));
    return info?.[acceptsJson] && isTextList(type) && isPlain(value)
      ? new RawJson(JSON.stringify(value))
      : value;
  };

  /**
   * Where there are promises, only what may be null: for all else, graphql-js leaves promises behind that fail when nobody
   * waits for them, and Jest notes it.
   */
  const fails = (type: GraphQLOutputType, random: Random): boolean =>
    !(isAsync && isNonNullType(type)) && random.chance(badness);

  const make = (type: GraphQLOutputType, random: Random, args: string): unknown => {
    if (!isAsync || !random.chance(0.3)) return makeNow(type, random, args);
    // Without a value where it fails: nobody would wait for the promises in it.
    const error = fails(type, random) ? new Error('A promise fails.') : undefined;
    const value = error ? undefined : makeNow(type, random, args);
    return later(random.between(0, 4), value, error);
  };

  const makeNow = (type: GraphQLOutputType, random: Random, args: string): unknown => {
    if (fails(type, random))
      return random.pick<unknown>([new Error('An error is returned.'), ...(isAsync ? [] : [1, {}, null])]);
    if (!isNonNullType(type) && random.chance(0.15)) return random.pick([null, undefined]);
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const items = random.times(0, 3, () => make(nullable.ofType, random, args));
      return random.chance(0.2) ? new Set(items) : items;
    }
    return isLeafType(nullable) ? leaf(nullable, random, args) : object(nullable as GraphQLNamedType, random);
  };

  const object = (type: GraphQLNamedType, random: Random): unknown => {
    const possible = isAbstractType(type)
      ? schema.getPossibleTypes(type).map(({ name }) => name)
      : [type.name];
    const isWrong = !isAsync && isAbstractType(type) && random.chance(badness);
    const name = isWrong ? random.pick([...objectNames(), 'Query', 'Color', 'None']) : random.pick(possible);
    return Object.assign(Object.create(prototypeOf(name)) as object, {
      seed: random.between(0, 2 ** 31),
      __typename: isWrong && random.chance(0.3) ? random.pick([undefined, 5, {}]) : name,
    });
  };

  /** Fields without a resolver are getters and methods of their objects. */
  const prototypeOf = (name: string): object => {
    let prototype = prototypes.get(name);
    if (!prototype) {
      prototypes.set(name, (prototype = {}));
      const type = schema.getType(name);
      const fields = isObjectType(type) ? Object.values(type.getFields()) : [];
      for (const field of fields) {
        if (field.resolve) continue;
        const isMethod = field.args.length > 0;
        Object.defineProperty(prototype, field.name, {
          enumerable: true,
          get(this: Source) {
            const method = (args: object, _context?: unknown, info?: GraphQLResolveInfo) =>
              valueOf(this, field.name, field.type, args, info);
            return isMethod ? method : method({});
          },
        });
      }
    }
    return prototype;
  };

  return Object.assign(valueOf, {
    setSchema(given: GraphQLSchema, seed: number) {
      schema = given;
      rootSeed = seed;
    },
  });
}

async function later(turns: number, value: unknown, error: Error | undefined): Promise<unknown> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
  if (error) throw error;
  return value;
}

const texts = ['', 'x', 'a "quoted" \\ \n', '\u{1F600}', '\ud800', '\u2028', '__proto__'];

function leaf(type: GraphQLNamedType, random: Random, args: string): unknown {
  if (isEnumType(type)) return random.pick(type.getValues()).value as unknown;
  switch (type.name) {
    case 'Int':
      return random.pick([0, 1, -5, 2_147_483_647, '7', true]);
    case 'Float':
      return random.pick([0, -0, 1.5, 1e21, 1e-7, '2.5']);
    case 'Boolean':
      return random.pick([true, false, 0, 1]);
    case 'Even':
      return random.pick([0, 2, 4, 4, 4]);
    case 'Json':
      return random.pick<unknown>([
        { b: 1, a: [null, 'x'], 1: 0 },
        [1, { c: true }],
        'text',
        new RawJson('{"z":1,"a":{"k":[1,2]}}'),
        new Date(0),
        { toJSON: () => 5 },
      ]);
    default:
      return random.chance(0.3) ? args : random.pick([...texts, 5]);
  }
}

function isTextList(type: GraphQLOutputType): boolean {
  return ['String', 'ID'].includes(String(getNamedType(type))) && /^\[\w+!?\]!?$/.test(String(type));
}

/** Whether JSON says the same as the value. */
function isPlain(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
