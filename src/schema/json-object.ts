import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { JSONObjectResolver } from 'graphql-scalars';
import { JsonText, type JsonValue } from '../data/row-values.js';
import { numberProblem } from '../ledger/json-numbers.js';

type Variables = Readonly<Record<string, unknown>> | null | undefined;

/** A JSON object. Of a literal that is no JSON, the library would leave out parts without a word. */
export const JSONObject = new GraphQLScalarType<object, JsonValue>({
  ...JSONObjectResolver.toConfig(),
  serialize: (value) => JSONObjectResolver.serialize(value instanceof JsonText ? value.parse() : value),
  parseLiteral: (node, variables) =>
    node.kind === Kind.OBJECT
      ? (jsonOf(node, variables) as object)
      : JSONObjectResolver.parseLiteral(node, variables),
});

/** The value of a literal; undefined for a variable that the request does not bring. */
function jsonOf(node: ValueNode, variables: Variables): unknown {
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.INT:
    case Kind.FLOAT:
      return numberOf(node.value, node);
    case Kind.ENUM:
      throw new GraphQLError(`JSON has no bare words. Put ${node.value} in quotes.`, { nodes: node });
    case Kind.VARIABLE: {
      const name = node.name.value;
      return variables && Object.hasOwn(variables, name) ? variables[name] : undefined;
    }
    case Kind.LIST:
      // As in all lists of GraphQL.
      return node.values.map((value) => jsonOf(value, variables) ?? null);
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields.flatMap(({ name, value }) => {
          const item = jsonOf(value, variables);
          return item === undefined ? [] : [[name.value, item]];
        }),
      );
  }
}

function numberOf(literal: string, node: ValueNode): number {
  const problem = numberProblem(literal);
  if (problem !== undefined) throw new GraphQLError(problem, { nodes: node });
  return Number(literal);
}
