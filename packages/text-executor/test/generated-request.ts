import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from './random.js';

export interface GeneratedRequest {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** An enum value, which stands in documents without quotes. */
class Name {
  constructor(readonly text: string) {}
  toJSON(): string {
    return this.text;
  }
}

const aliases = ['a', 'b', '__proto__', 'constructor', 'field0', 'shared', 'toJSON', 'then'];

/** Makes up requests for any schema. Some are refused by graphql-js, when validating or because of a variable. */
export function createRequest(schema: GraphQLSchema, random: Random): GeneratedRequest {
  const definitions: string[] = [];
  const variables: Record<string, unknown> = {};
  const fragments: string[] = [];
  const complete: { readonly name: string; readonly type: GraphQLNamedType }[] = [];
  // What stands for a name of the answer, all over the document: so fields that are merged are the same.
  const meanings = new Map<string, string>();

  const valueOf = (type: GraphQLInputType, depth = 0): unknown => {
    if (!isNonNullType(type) && random.chance(0.15)) return null;
    const nullable: GraphQLInputType = getNullableType(type);
    if (isListType(nullable)) return random.times(0, 2, () => valueOf(nullable.ofType, depth + 1));
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields());
      return Object.fromEntries(
        fields
          .filter((field) => isNonNullType(field.type) || (depth < 2 && random.chance(0.5)))
          .map((field) => [field.name, valueOf(field.type, depth + 1)]),
      );
    }
    if (isEnumType(nullable)) return new Name(random.pick(nullable.getValues()).name);
    switch (String(nullable)) {
      case 'Int':
        return random.between(-5, 5);
      case 'Float':
        return random.pick([1, 2.5, -1e21]);
      case 'Boolean':
        return random.chance(0.5);
      case 'ID':
        return random.pick<unknown>(['id', 5]);
      default:
        return random.pick(['', 'text', 'a "b"', '\u{1F600}', 'x'.repeat(200)]);
    }
  };

  const variable = (type: GraphQLInputType, value: unknown): string => {
    const name = random.chance(0.05) && definitions.length === 0 ? '__proto__' : `v${definitions.length}`;
    const fallback = random.chance(0.2) ? ` = ${literal(valueOf(type))}` : '';
    const written = fallback !== '' && isNonNullType(type) ? String(type.ofType) : String(type);
    definitions.push(`$${name}: ${written}${fallback}`);
    const given = random.chance(0.03) ? { wrong: true } : value;
    if (!random.chance(0.1))
      Object.defineProperty(variables, name, { value: given, enumerable: true, configurable: true });
    return `$${name}`;
  };

  const argumentsOf = (field: GraphQLField<unknown, unknown>): string => {
    const given = field.args.flatMap((argument) => {
      if (!isNonNullType(argument.type) && random.chance(0.4)) return [];
      const value = valueOf(argument.type);
      const isVariable = random.chance(0.4);
      return [`${argument.name}: ${isVariable ? variable(argument.type, value) : literal(value)}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  };

  const directive = (): string => {
    if (!random.chance(0.1)) return '';
    const isTaken = random.chance(0.6);
    if (random.chance(0.5)) return ` @${random.pick(['include', 'skip'])}(if: ${isTaken})`;
    const name = `c${definitions.length}`;
    definitions.push(`$${name}: Boolean!`);
    variables[name] = isTaken;
    return ` @${random.pick(['include', 'skip'])}(if: $${name})`;
  };

  const named = (call: string, name: string, type: string): string => {
    const meaning = `${call} ${type}`;
    const isFree = (key: string) => (meanings.get(key) ?? meaning) === meaning;
    const wanted = random.chance(0.3) ? random.pick(aliases) : name;
    const key = [wanted, name].find(isFree) ?? `fresh${meanings.size}`;
    meanings.set(key, meaning);
    return key === name ? call : `${key}: ${call}`;
  };

  const fieldOf = (field: GraphQLField<unknown, unknown>, depth: number): string[] => {
    const type = getNamedType(field.type);
    if (!isLeafType(type) && depth === 0) return [];
    return random.times(1, random.chance(0.15) ? 2 : 1, () => {
      const inner = isLeafType(type) ? '' : ` ${selection(type, depth - 1)}`;
      const call = `${field.name}${argumentsOf(field)}`;
      return `${named(call, field.name, String(field.type))}${directive()}${inner}`;
    });
  };

  const selection = (type: GraphQLNamedType, depth: number): string => {
    const fields =
      'getFields' in type ? (Object.values(type.getFields()) as GraphQLField<unknown, unknown>[]) : [];
    const chosen = fields.filter(() => random.chance(0.4)).flatMap((field) => fieldOf(field, depth));
    const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
    for (const member of members)
      if (random.chance(0.5)) chosen.push(`... on ${member.name}${directive()} ${selection(member, depth)}`);
    if (random.chance(0.1)) chosen.push(`... ${selection(type, depth)}`);
    if (chosen.length === 0 || random.chance(0.2)) chosen.push(named('__typename', '__typename', 'String!'));
    if (random.chance(0.06)) {
      const name = `F${fragments.length}`;
      const place = fragments.push('') - 1;
      fragments[place] = `fragment ${name} on ${type.name} ${selection(type, depth)}`;
      complete.push({ name, type });
      chosen.push(`...${name}${directive()}`);
    }
    const known = complete.filter((fragment) => fragment.type === type);
    if (known.length > 0 && random.chance(0.3)) chosen.push(`...${random.pick(known).name}`);
    return `{ ${chosen.join(' ')} }`;
  };

  const isMutation = random.chance(0.3);
  const root = isMutation ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('The schema has no such root type.');
  const rest = !isMutation && random.chance(0.03) ? ' __schema { queryType { name } }' : '';
  const body = selection(root, 3).replace(/ }$/, `${rest} }`);
  const head = definitions.length > 0 ? `(${definitions.join(', ')})` : '';
  const query = [`${isMutation ? 'mutation' : 'query'} Made${head} ${body}`, ...fragments].join('\n');
  return { query, variables: JSON.parse(JSON.stringify(variables)) as Record<string, unknown> };
}

function literal(value: unknown): string {
  if (value instanceof Name) return value.text;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${literal(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
