import { acceptsJson } from '@chatledger/text-executor';
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
 * Makes the resolvers of leaf fields count the bytes of their values, for answers that are not written as text: those
 * count as they are written. Fields without a resolver need `counted(defaultFieldResolver)`.
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

/** The same resolver, which counts its values and may throw an AnswerTooLargeError. */
export function counted(resolve: Resolve): Resolve {
  return (source, args, context, info) => {
    const value = resolve(source, args, context, info);
    if (!info[acceptsJson]) context.ledger.scope.countShown(sizeOf(value));
    return value;
  };
}

/** Bytes that a value takes in an answer, about. JSON counts twice: the objects that it becomes are larger than its text. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof JsonText) return 2 * value.text.length;
  return 8;
}
