import {
  getNamedType,
  isLeafType,
  isObjectType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
import { JsonText } from '../data/row-values.js';
import type { Context } from './context.js';

type Resolve = GraphQLFieldResolver<unknown, Context>;

/**
 * Has each field that shows a value count its bytes, where nobody does so when the answer is written as text. Fields
 * without a resolver of their own are left to `counted(defaultFieldResolver)`.
 */
export function countLeaves(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields()))
      if (field.resolve && isLeafType(getNamedType(field.type)))
        field.resolve = counted(field.resolve as Resolve) as typeof field.resolve;
  }
  return schema;
}

/** The same resolver, which counts what it gives. @throws AnswerTooLargeError, as the new resolver does */
export function counted(resolve: Resolve): Resolve {
  const count = (value: unknown, { asText, ledger }: Context): unknown => {
    if (!asText) ledger.reader.show(sizeOf(value));
    return value;
  };
  // Who takes no more than the context is not told where it is.
  return resolve.length > 3
    ? (source, args, context, info) => count(resolve(source, args, context, info), context)
    : (source, args, context) =>
        count((resolve as (...given: unknown[]) => unknown)(source, args, context), context);
}

/** Bytes that a value takes in an answer, about. JSON is made into objects there, which take more than its text. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof JsonText) return 2 * value.text.length;
  return 8;
}
