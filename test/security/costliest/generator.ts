import {
  isAbstractType,
  isLeafType,
  getNamedType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import type { Random } from '../../support/chaos/random.js';
import {
  bodyOf,
  giving,
  partsOf,
  replaced,
  typeGivenBy,
  type Argument,
  type Part,
  type Request,
} from './request.js';
import type { createValues } from './values.js';

/** Levels of fields of a selection at most. DEPTH_LIMIT is 16. */
const deepest = 12;

/** Tokens of a document at most, about. */
const longest = 20_000;

export interface Generator {
  /** A request that is made up. */
  create(): Request;
  /** The same request with a change or two, some of them parts of another one. */
  change(request: Request, other: Request): Request;
  /** The same request for about half as much. */
  shrink(request: Request): Request;
}

/** Makes up requests by walking through a schema: fields, aliases, fragments, and arguments. */
export function createGenerator(
  schema: GraphQLSchema,
  valueOf: ReturnType<typeof createValues>,
  random: Random,
): Generator {
  const fieldsOf = (type: GraphQLCompositeType): GraphQLField<unknown, unknown>[] =>
    'getFields' in type ? Object.values(type.getFields()) : [];

  const argumentsOf = (field: GraphQLField<unknown, unknown>): Argument[] => {
    const found = field.args.flatMap(({ name, type }): Argument[] => {
      const isRequired = String(type).endsWith('!');
      if (!isRequired && random.chance(/^(first|last)$/.test(name) ? 0.1 : 0.4)) return [];
      const value = valueOf(type, name, field.name);
      return value === undefined ? [] : [{ name, type: String(type), value }];
    });
    // Both together are refused.
    const hasFirst = found.some(({ name }) => name === 'first');
    return found.filter(({ name }) => !(name === 'last' && hasFirst));
  };

  const fieldPart = (field: GraphQLField<unknown, unknown>, on: string, depth: number): Part => {
    const type = getNamedType(field.type);
    const isLeaf = isLeafType(type);
    const copies = random.chance(0.25) ? random.pick([2, 5, 20, isLeaf ? 99 : 30]) : 1;
    return giving(
      {
        field: field.name,
        on,
        copies,
        aliased: random.chance(0.9),
        arguments: argumentsOf(field),
        parts: isLeaf ? [] : selection(type as GraphQLCompositeType, depth + 1),
      },
      type.name,
    );
  };

  const selection = (type: GraphQLCompositeType, depth: number): Part[] => {
    if (isAbstractType(type)) {
      const members = schema.getPossibleTypes(type).filter(() => random.chance(0.6));
      const chosen = members.length > 0 ? members : schema.getPossibleTypes(type).slice(0, 1);
      return chosen.map((member) => ({
        field: '',
        on: member.name,
        copies: 1,
        aliased: false,
        arguments: [],
        parts: selection(member, depth),
      }));
    }
    const fields = fieldsOf(type);
    const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
    const deep = fields.filter((field) => !leaves.includes(field));
    const chosen = leaves.filter(() => random.chance(0.3));
    if (deep.length > 0 && depth < deepest)
      for (let more = random.between(depth < 4 ? 1 : 0, 2); more > 0; more -= 1)
        chosen.push(random.pick(deep));
    if (chosen.length === 0) chosen.push(leaves.length > 0 ? random.pick(leaves) : random.pick(fields));
    return chosen.map((field) => fieldPart(field, type.name, depth));
  };

  const rootPart = (operation: Request['operation']): Part => {
    const root = operation === 'query' ? schema.getQueryType() : schema.getMutationType();
    if (!root) throw new Error('The schema lacks this operation.');
    return fieldPart(random.pick(fieldsOf(root)), root.name, 1);
  };

  const create = (): Request => {
    const operation = random.chance(0.75) ? 'query' : 'mutation';
    return {
      operation,
      parts: Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, () => rootPart(operation)),
    };
  };

  const fieldOf = ({ field, on }: Part): GraphQLField<unknown, unknown> | undefined => {
    const type = schema.getType(on);
    return type && 'getFields' in type
      ? (type.getFields()[field] as GraphQLField<unknown, unknown>)
      : undefined;
  };

  const changeOne = (request: Request, other: Request): Request => {
    const part = random.pick(partsOf(request));
    const field = fieldOf(part);
    const again = (changes: Partial<Part>) =>
      replaced(request, part, giving({ ...part, ...changes }, typeGivenBy(part)));
    const changes: (() => Request)[] = [
      () => again({ copies: Math.max(1, Math.round(part.copies * random.pick([0.5, 1.2, 2, 5]))) }),
      () => (field ? again({ arguments: argumentsOf(field) }) : request),
      () => (field ? replaced(request, part, fieldPart(field, part.on, 4)) : request),
      () => {
        const type = schema.getType(typeGivenBy(part)) as GraphQLCompositeType | undefined;
        return part.parts.length > 0 && type
          ? again({ parts: [...part.parts, ...selection(type, 6)] })
          : request;
      },
      () => {
        const fitting = partsOf(other).filter(({ on }) => on === part.on);
        return fitting.length > 0 ? replaced(request, part, random.pick(fitting)) : request;
      },
      () => replaced(request, part, scaled(part, 1.7)),
      () => replaced(request, part, null),
      () => ({ ...request, parts: [...request.parts, rootPart(request.operation)] }),
    ];
    const changed = random.pick(changes)();
    return changed.parts.length === 0 ? request : changed;
  };

  const isShort = (request: Request) => bodyOf(request).query.length < 4 * longest;
  return {
    create() {
      let made = create();
      while (!isShort(made)) made = create();
      return made;
    },
    shrink: ({ operation, parts }) => ({ operation, parts: parts.map((part) => scaled(part, 0.6)) }),
    change(request, other) {
      let changed = request;
      for (let left = random.between(1, 3); left > 0; left -= 1) changed = changeOne(changed, other);
      return isShort(changed) ? changed : request;
    },
  };
}

/** A part with other numbers, lengths of lists and copies. */
function scaled(part: Part, factor: number): Part {
  const scale = (count: number) => Math.min(1_000, Math.ceil(factor * count));
  const scaledValue = (value: unknown): unknown => {
    if (typeof value === 'number') return scale(value);
    if (!Array.isArray(value)) return value;
    return Array.from({ length: scale(value.length) }, (_, n): unknown => value[n % value.length]);
  };
  return giving(
    {
      ...part,
      copies: scale(part.copies),
      arguments: part.arguments.map((argument) => ({ ...argument, value: scaledValue(argument.value) })),
      parts: part.parts.map((each) => scaled(each, factor)),
    },
    typeGivenBy(part),
  );
}
