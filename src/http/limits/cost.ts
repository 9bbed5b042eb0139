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
import { amountIn, largestOf, sumOf, wholeParts, type Amount, type Term, type Variables } from './amount.js';
import { bytesOf, defaultsOf, rowsOf, takenOf, variableSizes } from './arguments.js';
import { fragmentsOf } from './fragments.js';

/** What an operation costs at most with the variables of a request. */
export type OperationCost = (variables: Variables) => number;

/** A question about the schema, whatever it asks. The answer to GraphiQL's takes 9 ms of CPU time. */
const introspection = 1_000;

/** Fields without others that come with their row. As many more cost as much as another row. */
const leavesOfRow = 30;

/** Bytes that a mutation brings, for 1. */
const bytesWritten = 250;

/** A row that is written: as much as reading ten. */
const rowWritten = 10;

/** What a selection costs, apart from what it costs for each value of the lists that stand directly in it. */
interface SelectionCost {
  readonly once: Amount;
  readonly eachRow: Amount;
  /** How many fields without others it has at most. */
  readonly leaves: number;
  /** 1 when anything is selected for which the rows of a page are read, whether or not they are shown; else 0. */
  readonly reads: Amount;
}

const free: SelectionCost = { once: 0, eachRow: 0, leaves: 0, reads: 0 };

/**
 * Looks through an operation of a valid document once for all its requests. It costs 1, and each field that holds
 * others costs 1 for each value that it may have: for each row of its list, in each of the lists around it. Fields
 * without others come with their row, as long as there are not many. The rows of a page cost the same when they are read
 * and not shown. What is written costs by its rows and bytes. The work is linear in the length of the document, however often its fragments are
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
  const sizes = variableSizes(defaults);
  const rootType = schema.getRootType(operation.operation);
  const mutations = schema.getMutationType();
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
    const reads: Amount[] = [];
    let leaves = 0;
    for (const selection of set.selections) {
      const taken = takenOf(selection, defaults);
      const cost = selection.kind === Kind.FIELD ? ofField(selection, type) : ofFragment(selection, type);
      once.push([taken, cost.once]);
      eachRow.push([taken, cost.eachRow]);
      reads.push(sumOf([[taken, cost.reads]]));
      if (taken !== 0) leaves += cost.leaves;
    }
    return { once: sumOf(once), eachRow: sumOf(eachRow), leaves, reads: largestOf(reads) };
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
    if (name === '__schema' || name === '__type') return { ...free, once: introspection };
    const definition = parentType.getFields()[name];
    const type = definition && getNamedType(definition.type);
    const set = node.selectionSet;
    if (!definition || !isCompositeType(type) || !set) {
      const once = definition ? costOf(definition) : 0;
      return { once, eachRow: 0, leaves: 1, reads: definition && once === 0 ? 1 : 0 };
    }

    const types = isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
    const costs = types.map((each) => ofSelections(set, each));
    /** A value with so many rows beneath it: of the most expensive type that it may have. */
    const valueWith = (rows: Amount): Amount =>
      largestOf(
        costs.map(({ once, eachRow, leaves }) =>
          sumOf([
            [1, 1 + Math.floor(leaves / leavesOfRow)],
            [1, once],
            [rows, eachRow],
          ]),
        ),
      );

    const isList = isListType(getNullableType(definition.type));
    const size = sizeOf(definition);
    const written: Term = [1, parentType === mutations ? wholeParts(bytesOf(node, sizes), bytesWritten) : 0];
    const part = { eachRow: 0, leaves: 0, reads: 1 };
    if (!size) {
      if (isList) return { ...part, once: 0, eachRow: valueWith(1) };
      return { ...part, once: sumOf([[1, valueWith(1)], written]) };
    }
    const rows = rowsOf(size, node, defaults);
    if (isList) return { ...part, once: sumOf([[rows, valueWith(1)]]) };
    if (size.isWritten) return { ...part, once: sumOf([[1, valueWith(rows)], [rows, rowWritten], written]) };
    const reads = largestOf(costs.map((cost) => cost.reads));
    const unshown = sumOf([
      [1, 1],
      [rows, reads],
    ]);
    return { ...part, once: largestOf([valueWith(rows), unshown]) };
  };

  const { once, eachRow } = rootType ? ofSelections(operation.selectionSet, rootType) : free;
  const total = sumOf([
    [1, 1],
    [1, once],
    [1, eachRow],
  ]);
  let runs = 0;
  return (variables) => amountIn(total, variables, (runs += 1));
}
