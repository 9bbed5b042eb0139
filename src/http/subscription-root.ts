import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  SingleFieldSubscriptionsRule,
  specifiedRules,
  type ASTVisitor,
  type DirectiveNode,
  type SelectionSetNode,
  type ValidationContext,
  type ValidationRule,
} from 'graphql';

/** The rules that documents are validated by: those of graphql-js, with a stricter one for subscriptions. */
export const validationRules: readonly ValidationRule[] = specifiedRules.map((rule) =>
  rule === SingleFieldSubscriptionsRule ? unconditionalRootRule : rule,
);

/**
 * A subscription has one root field, and no condition on it: https://spec.graphql.org/September2025/#sec-Single-Root-Field.
 * graphql-js 16 checks the first half only, and fails on a root field that is skipped.
 */
function unconditionalRootRule(context: ValidationContext): ASTVisitor {
  let valid = true;
  for (const definition of context.getDocument().definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation !== OperationTypeNode.SUBSCRIPTION) continue;
    const nodes = conditionsOn(definition.selectionSet, context);
    if (nodes.length === 0) continue;
    valid = false;
    const message = 'The root field of a subscription, and fragments around it, take no @skip or @include.';
    context.reportError(new GraphQLError(message, { nodes }));
  }
  // It would evaluate the conditions, for which it has no variables.
  return valid ? SingleFieldSubscriptionsRule(context) : {};
}

/** The conditions on root fields and on fragments in which root fields stand. */
function conditionsOn(root: SelectionSetNode, context: ValidationContext): DirectiveNode[] {
  const conditions: DirectiveNode[] = [];
  const seen = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      conditions.push(...(selection.directives ?? []).filter(isCondition));
      if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
      seen.add(selection.name.value);
      const fragment = context.getFragment(selection.name.value);
      if (fragment) collect(fragment.selectionSet);
    }
  };
  collect(root);
  return conditions;
}

function isCondition({ name }: DirectiveNode): boolean {
  return name.value === 'skip' || name.value === 'include';
}
