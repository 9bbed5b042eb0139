import { GraphQLError, isObjectType, type GraphQLAbstractType, type GraphQLSchema } from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import type { FieldPlan, ObjectPlan } from './plan.js';

/**
 * The plan for an object of the type that a `resolveType` has named.
 *
 * @throws GraphQLError, in the words of graphql-js, when that is no type of the interface or union
 */
export function objectPlanOf(
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  plans: ReadonlyMap<string, ObjectPlan>,
  name: unknown,
  value: unknown,
  { parentType, definition }: FieldPlan,
): ObjectPlan {
  const found = typeof name === 'string' ? plans.get(name) : undefined;
  if (found) return found;
  const field = `for field "${parentType.name}.${definition.name}"`;
  if (name == null)
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime ${field}. Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
    );
  if (isObjectType(name))
    throw new GraphQLError(
      'Support for returning GraphQLObjectType from resolveType was removed in graphql-js@16.0.0 please return type name instead.',
    );
  if (typeof name !== 'string')
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime ${field} with value ${inspect(value)}, received "${inspect(name)}".`,
    );
  const resolved = schema.getType(name);
  if (!resolved)
    throw new GraphQLError(
      `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
    );
  throw new GraphQLError(
    isObjectType(resolved)
      ? `Runtime Object type "${name}" is not a possible type for "${type.name}".`
      : `Abstract type "${type.name}" was resolved to a non-object type "${name}".`,
  );
}
