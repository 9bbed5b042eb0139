import {
  GraphQLBoolean,
  GraphQLNonNull,
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
import type { Random } from './chaos/random.js';

/** What stands in the documents that are made up. */
export interface Words {
  /** Values for arguments of type ID. */
  readonly ids: readonly string[];
  /** Values for arguments of type String. */
  readonly strings: readonly string[];
  /** Whether some values are such that the API refuses them. */
  readonly bad: boolean;
  /** Names that fields may have in the answer. Without any, no field is selected twice in one place. */
  readonly aliases: readonly string[];
}

/** A document that is being made up: its parts come about while fields are selected. */
export interface GeneratedDocument {
  readonly definitions: readonly string[];
  readonly fragments: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
  /** A field with its arguments and what is selected of it; several nodes, or none when there is nothing to select. */
  readonly field: (field: GraphQLField<unknown, unknown>, depth: number) => string[];
  /** A selection set: fields and fragments in any order, some of them several times. */
  readonly selection: (type: GraphQLNamedType, depth: number) => string;
}

const condition = new GraphQLNonNull(GraphQLBoolean);

export function createDocument(
  schema: GraphQLSchema,
  random: Random,
  { ids, strings, bad, aliases }: Words,
): GeneratedDocument {
  const definitions: string[] = [];
  const variables: Record<string, unknown> = {};
  const fragments: string[] = [];
  /** Those that are complete, and so can't hold themselves. */
  const complete: { readonly name: string; readonly type: GraphQLNamedType }[] = [];
  /** What stands for a name of the answer, all over the document: so fields that are merged are the same. */
  const meanings = new Map<string, string>();
  const repeats = aliases.length > 0;
  const numbers = [0, 1, 2, 3, 7, 1000, -1, 1001, 2_147_483_647, 1.5, 2 ** 40];

  function variable(type: GraphQLInputType, value: unknown): string {
    const name = `v${definitions.length}`;
    const isOpen = isNonNullType(type) || value === null || random.chance(0.7);
    const written = isOpen ? String(type) : `${String(type)}!`;
    const fallback = random.chance(0.3) && !written.endsWith('!') ? 'null' : literal(type, value);
    definitions.push(`$${name}: ${written}${random.chance(0.2) ? ` = ${fallback}` : ''}`);
    const isLeftOut = bad ? random.chance(0.1) : !written.endsWith('!') && random.chance(0.1);
    if (!isLeftOut) variables[name] = bad && random.chance(0.03) ? [value] : value;
    return `$${name}`;
  }

  function valueOf(type: GraphQLInputType): unknown {
    const nullable = getNullableType(type);
    if (!isNonNullType(type) && random.chance(0.1)) return null;
    if (nullable.toString() === 'String' && strings.length === 0) return null;
    if (isListType(nullable))
      return Array.from({ length: random.between(0, 3) }, () => valueOf(nullable.ofType));
    if (isInputObjectType(nullable)) {
      return Object.fromEntries(
        Object.values(nullable.getFields()).flatMap((field) =>
          isNonNullType(field.type) || random.chance(0.3) ? [[field.name, valueOf(field.type)]] : [],
        ),
      );
    }
    if (isEnumType(nullable)) return random.pick(nullable.getValues()).name;
    switch (nullable.name) {
      case 'Int':
        return bad && random.chance(0.2) ? random.pick(numbers) : random.pick(numbers.slice(0, 5));
      case 'Boolean':
        return random.chance(0.5);
      case 'ID':
        return random.pick(ids);
      case 'JSONObject':
        return random.pick([{}, { a: 1 }, { a: { b: [null, 'c'] } }]);
      default:
        return random.pick(strings);
    }
  }

  function argumentsOf(field: GraphQLField<unknown, unknown>): string {
    const given = field.args.flatMap((argument) => {
      if (!isNonNullType(argument.type) && !random.chance(0.3)) return [];
      const value = valueOf(argument.type);
      const written = random.chance(0.4) ? variable(argument.type, value) : literal(argument.type, value);
      return [`${argument.name}: ${written}`];
    });
    return given.length === 0 ? '' : `(${given.join(', ')})`;
  }

  function directive(): string {
    if (!random.chance(0.08)) return '';
    const isTaken = random.chance(0.7);
    const value = random.chance(0.5) ? variable(condition, isTaken) : String(isTaken);
    return ` @${random.chance(0.5) ? 'include' : 'skip'}(if: ${value})`;
  }

  /** The field under its own name or an alias, such that no other field of the document has that. */
  function named(call: string, name: string, type: string): string {
    const meaning = `${call} ${type}`;
    const isFree = (key: string) => (meanings.get(key) ?? meaning) === meaning;
    const fresh = `a${meanings.size}`;
    const wanted = repeats && random.chance(0.4) ? random.pick(aliases) : name;
    const key = (repeats ? [wanted, name] : call === name ? [name] : []).find(isFree) ?? fresh;
    meanings.set(key, meaning);
    return key === name ? call : `${key}: ${call}`;
  }

  function field(definition: GraphQLField<unknown, unknown>, depth: number): string[] {
    const type = getNamedType(definition.type);
    if (!isLeafType(type) && depth === 0) return [];
    return Array.from({ length: repeats && random.chance(0.15) ? 2 : 1 }, () => {
      const inner = isLeafType(type) ? '' : ` ${selection(type, depth - 1)}`;
      const call = `${definition.name}${argumentsOf(definition)}`;
      return `${named(call, definition.name, String(definition.type))}${directive()}${inner}`;
    });
  }

  function selection(type: GraphQLNamedType, depth: number): string {
    const fields = fieldsOf(type);
    // PostgreSQL writes pages of which nothing is selected but their nodes.
    const isPage = repeats && fields.some(({ name }) => name === 'nodes') && random.chance(0.6);
    const taken = isPage
      ? fields.filter(({ name }) => name === 'nodes' || (name === 'totalCount' && random.chance(0.3)))
      : fields.filter(() => random.chance(0.35));
    const chosen = taken.flatMap((each) => field(each, depth));
    if (isAbstractType(type)) {
      for (const member of schema.getPossibleTypes(type))
        if (random.chance(0.7))
          chosen.push(`... on ${member.name}${directive()} ${selection(member, depth)}`);
    } else if (repeats && random.chance(0.1)) {
      chosen.push(
        `${random.chance(0.5) ? '...' : `... on ${type.name}`}${directive()} ${selection(type, depth)}`,
      );
    }
    if (chosen.length === 0 || random.chance(0.2)) chosen.push(named('__typename', '__typename', 'String!'));
    if (random.chance(0.05) && !isAbstractType(type)) {
      const place = fragments.push('') - 1;
      const name = place === 0 && random.chance(0.2) ? '__proto__' : `F${place}`;
      fragments[place] = `fragment ${name} on ${type.name} ${selection(type, depth)}`;
      complete.push({ name, type });
      chosen.push(`...${name}${directive()}`);
    }
    const spreads = complete.filter((fragment) => fragment.type === type);
    if (spreads.length > 0 && random.chance(0.3))
      chosen.push(`...${random.pick(spreads).name}${directive()}`);
    return `{ ${shuffled(chosen, random).join(' ')} }`;
  }

  return { definitions, fragments, variables, field, selection };
}

function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.between(0, rest.length - 1), 1));
}

export function fieldsOf(type: GraphQLNamedType): GraphQLField<unknown, unknown>[] {
  return 'getFields' in type && !isInputObjectType(type) ? Object.values(type.getFields()) : [];
}

function literal(type: GraphQLInputType, value: unknown): string {
  const nullable = getNullableType(type);
  if (value === null) return 'null';
  if (isEnumType(nullable)) return typeof value === 'string' ? value : '';
  if (Array.isArray(value) && isListType(nullable))
    return `[${value.map((item) => literal(nullable.ofType, item)).join(', ')}]`;
  if (isInputObjectType(nullable)) {
    const fields = nullable.getFields();
    return `{${Object.entries(value as object)
      .flatMap(([name, item]) => (fields[name] ? [`${name}: ${literal(fields[name].type, item)}`] : []))
      .join(', ')}}`;
  }
  if (typeof value === 'object') {
    const inner: string[] = Object.entries(value).map(([name, item]) => `${name}: ${anyLiteral(item)}`);
    return `{${inner.join(', ')}}`;
  }
  return JSON.stringify(value);
}

function anyLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(anyLiteral).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${anyLiteral(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
