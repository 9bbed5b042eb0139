import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

/** A body of a request, and what stands in its headers. */
export interface GeneratedRequest {
  readonly body: string;
  readonly accept: string | undefined;
}

/** Numbers from 0 to 1 that are the same for the same seed. https://en.wikipedia.org/wiki/Lehmer_random_number_generator */
export function seededRandom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/**
 * Requests of any shape that a schema allows, and of some that it does not.
 *
 * @param ids values for arguments of type ID
 * @param strings values for arguments of type String
 */
export function createRequests(
  schema: GraphQLSchema,
  random: () => number,
  { ids, strings }: { readonly ids: readonly string[]; readonly strings: readonly string[] },
): () => GeneratedRequest {
  const chance = (share: number) => random() < share;
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly [Item, ...Item[]] | readonly Item[]): Item =>
    items[below(items.length)] as Item;

  const numbers = [0, 1, 2, 3, 7, 1000, -1, 1001, 2_147_483_647, 1.5, 2 ** 40];

  function document(): { query: string; variables: Record<string, unknown> } {
    const definitions: string[] = [];
    const fragments: string[] = [];
    const variables: Record<string, unknown> = {};

    function variable(type: GraphQLInputType, value: unknown): string {
      const name = `v${definitions.length}`;
      const written = isNonNullType(type) || chance(0.7) ? String(type) : `${String(type)}!`;
      const fallback = chance(0.3) && !written.endsWith('!') ? 'null' : literal(type, value);
      definitions.push(`$${name}: ${written}${chance(0.2) ? ` = ${fallback}` : ''}`);
      if (chance(0.9)) variables[name] = chance(0.03) ? [value] : value;
      return `$${name}`;
    }

    function valueOf(type: GraphQLInputType): unknown {
      const nullable = getNullableType(type);
      if (!isNonNullType(type) && chance(0.1)) return null;
      if (isListType(nullable)) return Array.from({ length: below(4) }, () => valueOf(nullable.ofType));
      if (isInputObjectType(nullable)) {
        return Object.fromEntries(
          Object.values(nullable.getFields()).flatMap((field) =>
            isNonNullType(field.type) || chance(0.3) ? [[field.name, valueOf(field.type)]] : [],
          ),
        );
      }
      if (isEnumType(nullable)) return pick(nullable.getValues()).name;
      switch (nullable.name) {
        case 'Int':
          return chance(0.8) ? pick(numbers.slice(0, 5)) : pick(numbers);
        case 'Boolean':
          return chance(0.5);
        case 'ID':
          return pick(ids);
        case 'JSONObject':
          return pick([{}, { a: 1 }, { a: { b: [null, 'c'] } }]);
        default:
          return pick(strings);
      }
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

    function argumentsOf(field: GraphQLField<unknown, unknown>): string {
      const given = field.args.flatMap((argument) => {
        if (!isNonNullType(argument.type) && !chance(0.3)) return [];
        const value = valueOf(argument.type);
        const written = chance(0.4) ? variable(argument.type, value) : literal(argument.type, value);
        return [`${argument.name}: ${written}`];
      });
      return given.length === 0 ? '' : `(${given.join(', ')})`;
    }

    function directive(): string {
      if (!chance(0.08)) return '';
      const condition = chance(0.5) ? variable(BooleanType, chance(0.7)) : String(chance(0.7));
      return ` @${chance(0.5) ? 'include' : 'skip'}(if: ${condition})`;
    }

    function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): string[] {
      const type = getNamedType(field.type);
      if (!isLeafType(type) && depth === 0) return [];
      const alias = field.args.length > 0 || chance(0.05) ? `a${below(1_000_000)}: ` : '';
      const inner = isLeafType(type) ? '' : ` ${selection(type, depth - 1)}`;
      return [`${alias}${field.name}${argumentsOf(field)}${directive()}${inner}`];
    }

    function selection(type: GraphQLNamedType, depth: number): string {
      const fields = isObjectType(type) || 'getFields' in type ? fieldsOf(type) : [];
      const chosen = fields.filter(() => chance(0.35)).flatMap((field) => fieldOf(field, depth));
      if (isAbstractType(type)) {
        for (const member of schema.getPossibleTypes(type)) {
          if (chance(0.7)) chosen.push(`... on ${member.name}${directive()} ${selection(member, depth)}`);
        }
      }
      if (chosen.length === 0 || chance(0.2)) chosen.push('__typename');
      if (chance(0.05) && !isAbstractType(type)) {
        const name = `F${fragments.length}`;
        fragments.push('');
        fragments[Number(name.slice(1))] = `fragment ${name} on ${type.name} ${selection(type, depth)}`;
        chosen.push(`...${name}${directive()}`);
      }
      return `{ ${chosen.join(' ')} }`;
    }

    const root = schema.getQueryType();
    if (!root) throw new Error('There is no query type.');
    const fields = fieldsOf(root);
    const chosen = Array.from({ length: 1 + below(3) }, () => pick(fields)).flatMap((field) =>
      fieldOf(field, 4),
    );
    const body = `{ ${chosen.join(' ')} }`;
    const head =
      definitions.length > 0 ? `query Q(${definitions.join(', ')}) ` : chance(0.5) ? 'query Q ' : '';
    return { query: [`${head}${body}`, ...fragments].join('\n'), variables };
  }

  const BooleanType = schema.getType('Boolean') as GraphQLInputType;

  function damaged(text: string): string {
    const at = below(text.length);
    return pick([
      () => text.slice(0, at) + text.slice(at + 1),
      () => `${text.slice(0, at)}${pick(['{', '}', '(', '$', '"', 'x', '!', '\u{1F600}'])}${text.slice(at)}`,
      () => text.slice(0, at),
    ])();
  }

  return () => {
    const { query, variables } = document();
    const accept = pick([
      undefined,
      undefined,
      '*/*',
      'application/json',
      'application/graphql-response+json',
      'application/graphql-response+json, application/json;q=0.9',
      'application/json, application/graphql-response+json',
      'application/json; charset=utf-8',
      'text/html, application/json',
    ]);
    const plain = { query, variables };
    const odd: readonly (() => string)[] = [
      () => JSON.stringify({ ...plain, operationName: pick(['Q', 'Other', '', null, 1]) }),
      () => JSON.stringify({ ...plain, extensions: pick([{}, null, { a: 1 }, { cost: true }, 'x']) }),
      () => JSON.stringify({ ...plain, variables: pick([null, [], 'x', 1]) }),
      () => JSON.stringify({ ...plain, other: 1 }),
      () => JSON.stringify([plain]),
      () => JSON.stringify({ variables }),
      () => JSON.stringify({ query: pick([1, null, '', {}]) }),
      () => damaged(JSON.stringify(plain)),
      () => pick(['', '{}', '[]', 'null', '1', '"x"', 'true', '{']),
      () => JSON.stringify({ query: `${query} query Second { __typename }`, variables }),
    ];
    if (chance(0.08)) return { body: pick(odd)(), accept };
    return { body: JSON.stringify(chance(0.1) ? { ...plain, query: damaged(query) } : plain), accept };
  };
}

function fieldsOf(type: GraphQLNamedType): GraphQLField<unknown, unknown>[] {
  return 'getFields' in type && !isInputObjectType(type) ? Object.values(type.getFields()) : [];
}
