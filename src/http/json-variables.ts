import {
  getNamedType,
  GraphQLError,
  isInputType,
  typeFromAST,
  type ASTVisitor,
  type ValidationContext,
} from 'graphql';

/** Types whose values are the same inside the program as in the JSON of a request. */
const jsonTypes: readonly string[] = ['String', 'Int', 'Float', 'Boolean', 'ID', 'JSONObject'];

/**
 * A variable inside a JSON literal may be of any type as far as graphql-js is concerned, and stands for what resolvers
 * get: of an enum that is the internal value. So it must be of a type that JSON has.
 */
export function jsonVariablesRule(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const definitions = new Map(
        operation.variableDefinitions?.map((definition) => [definition.variable.name.value, definition]),
      );
      for (const { node, type: expected } of context.getRecursiveVariableUsages(operation)) {
        const definition = definitions.get(node.name.value);
        // Inside JSON nothing is expected.
        if (expected || !definition) continue;
        const type = typeFromAST(context.getSchema(), definition.type);
        if (!isInputType(type) || jsonTypes.includes(getNamedType(type).name)) continue;
        const message = `A variable inside JSON must be of a type that JSON has, or of ID: $${node.name.value} is of type ${String(type)}.`;
        context.reportError(new GraphQLError(message, { nodes: [node, definition] }));
      }
    },
  };
}
