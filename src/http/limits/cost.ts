import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentSpreadNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { costOf, sizeOf } from '../../schema/size.js';
import { amountIn, largestOf, sumOf, type Amount, type Term, type Variables } from './amount.js';
import { defaultsOf, rowsOf, takenOf } from './arguments.js';
import { fragmentsOf } from './fragments.js';

/** What an operation costs at most with the variables of a request. */
export type OperationCost = (variables: Variables) => number;

/** A question about the schema, whatever it asks. The answer to GraphiQL's takes 9 ms of CPU time. */
const introspection = 1_000;

/** What a selection costs, apart from what it costs for each value of the lists that stand directly in it. */
interface SelectionCost {
  readonly once: Amount;
  readonly eachRow: Amount;
}

const free: SelectionCost = { once: 0, eachRow: 0 };

/**
 * Looks through an operation of a valid document once for all its requests. It costs 1, and each field that holds
 * others costs 1 for each value that it may have: for each row of its list, in each of the lists around it. Fields
 * without others come with their row. The work is linear in the length of the document, however often its fragments are
 * spread.
 *
 * It is an upper limit. A field that is selected twice counts twice; of the types that an interface or a union may be,
 * the most expensive one counts.
 */
export function planCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationCost {
  const defaults = defaultsOf(operation);
  const fragments = fragmentsOf(document);
  const known = new Map<SelectionSetNode, Map<GraphQLObjectType, SelectionCost>>();

  const ofSelections = (set: SelectionSetNode, type: GraphQLObjectType): SelectionCost => {
    let byType = known.get(set);
    if (!byType) known.set(set, (byType = new Map<GraphQLObjectType, SelectionCost>()));
    let cost = byType.get(type);
    if (!cost) byType.set(type, (cost = addSelections(set, type)));
    return cost;
  };

  const addSelections = (set: SelectionSetNode, type: GraphQLObjectType): SelectionCost => {
    const once: Term[] = [];
    const eachRow: Term[] = [];
    for (const selection of set.selections) {
      const taken = takenOf(selection, defaults);
      const cost = selection.kind === Kind.FIELD ? ofField(selection, type) : ofFragment(selection, type);
      once.push([taken, cost.once]);
      eachRow.push([taken, cost.eachRow]);
    }
    return { once: sumOf(once), eachRow: sumOf(eachRow) };
  };

  const ofFragment = (
    spread: FragmentSpreadNode | InlineFragmentNode,
    type: GraphQLObjectType,
  ): SelectionCost => {
    const fragment = spread.kind === Kind.INLINE_FRAGMENT ? spread : fragments.get(spread.name.value);
    return fragment && applies(fragment.typeCondition, type)
      ? ofSelections(fragment.selectionSet, type)
      : free;
  };

  const applies = (condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean => {
    const wanted = condition ? schema.getType(condition.name.value) : type;
    return isAbstractType(wanted) ? schema.isSubType(wanted, type) : wanted === type;
  };

  const ofField = (node: FieldNode, parentType: GraphQLObjectType): SelectionCost => {
    const name = node.name.value;
    if (name === '__schema' || name === '__type') return { once: introspection, eachRow: 0 };
    const definition = parentType.getFields()[name];
    const type = definition && getNamedType(definition.type);
    const set = node.selectionSet;
    if (!definition || !isCompositeType(type) || !set)
      return { once: definition ? costOf(definition) : 0, eachRow: 0 };

    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    const costs = types.map((each) => ofSelections(set, each));
    /** A value with so many rows beneath it: of the most expensive type that it may have. */
    const valueWith = (rows: Amount): Amount =>
      largestOf(
        costs.map(({ once, eachRow }) =>
          sumOf([
            [1, 1],
            [1, once],
            [rows, eachRow],
          ]),
        ),
      );

    const isList = isListType(getNullableType(definition.type));
    const size = sizeOf(definition);
    if (!size) return isList ? { once: 0, eachRow: valueWith(1) } : { once: valueWith(1), eachRow: 0 };
    const rows = rowsOf(size, node, defaults);
    if (isList) return { once: sumOf([[rows, valueWith(1)]]), eachRow: 0 };
    return {
      once: sumOf([
        [1, valueWith(rows)],
        [rows, size.isWritten ? 1 : 0],
      ]),
      eachRow: 0,
    };
  };

  const rootType = schema.getRootType(operation.operation);
  const { once, eachRow } = rootType ? ofSelections(operation.selectionSet, rootType) : free;
  const total = sumOf([
    [1, 1],
    [1, once],
    [1, eachRow],
  ]);
  let runs = 0;
  return (variables) => amountIn(total, variables, (runs += 1));
}
