import { readFileSync } from 'node:fs';
import {
  buildSchema,
  getNamedType,
  isAbstractType,
  isLeafType,
  isObjectType,
  type GraphQLField,
  type GraphQLNamedType,
} from 'graphql';

// Queries that select all that there is, so that a field that is added is tested before anybody thinks of it.

const schema = buildSchema(readFileSync('schema.graphql', 'utf8'));

export type RowType = 'ChatSession' | 'ChatMessage';

/** Names of the fields of a row type that are values: its columns. */
export function valueFields(type: RowType): string[] {
  return fieldsOf(type).flatMap(({ name, type: of }) => (isLeafType(getNamedType(of)) ? [name] : []));
}

/**
 * A query or mutation with every field beneath it: those of the rows it leads to, and of the rows that these lead to.
 *
 * @param call the field of the root type with its arguments, such as `node(id: $id)`
 */
export function selectingAll(operation: 'Query' | 'Mutation', call: string, variables: string): string {
  const name = /^\w+/.exec(call)?.[0];
  const field = fieldsOf(operation).find((each) => each.name === name);
  if (!field) throw new Error(`There is no ${operation}.${name ?? ''}.`);
  return `${operation.toLowerCase()}(${variables}) { ${call} ${selection(getNamedType(field.type), 3)} }`;
}

/** @param rows how many rows deep to go */
function selection(type: GraphQLNamedType, rows: number): string {
  if (isAbstractType(type)) {
    const members = schema
      .getPossibleTypes(type)
      .map((member) => `... on ${member.name} ${selection(member, rows)}`);
    return `{ ${members.join(' ')} }`;
  }
  if (!isObjectType(type)) return '';
  const left = type.name === 'ChatSession' || type.name === 'ChatMessage' ? rows - 1 : rows;
  const fields = fieldsOf(type.name).flatMap((field) => {
    const inner = getNamedType(field.type);
    if (!isLeafType(inner) && left === 0) return [];
    const window = field.args.some(({ name }) => name === 'first') ? '(first: 3)' : '';
    return [`${field.name}${window} ${selection(inner, left)}`];
  });
  return `{ __typename ${fields.join(' ')} }`;
}

function fieldsOf(type: string): GraphQLField<unknown, unknown>[] {
  const found = schema.getType(type);
  if (!isObjectType(found)) throw new Error(`There is no type ${type}.`);
  return Object.values(found.getFields());
}

/** A row as it came out of a query. */
export interface FoundRow {
  readonly __typename: RowType;
  readonly id: string;
  readonly [field: string]: unknown;
}

/** The rows in the data of an answer, wherever they stand. */
export function rowsIn(data: unknown): FoundRow[] {
  if (typeof data !== 'object' || data === null) return [];
  const inner = Object.values(data).flatMap(rowsIn);
  return isRow(data) ? [data, ...inner] : inner;
}

function isRow(data: object): data is FoundRow {
  return '__typename' in data && (data.__typename === 'ChatSession' || data.__typename === 'ChatMessage');
}
