import {
  GraphQLError,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  TypeNameMetaFieldDef,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { argumentReader, type ReadArguments } from './arguments.js';
import { leafWriter } from './leaves.js';
import type { JsonOf, TextExecutorOptions } from './options.js';
import { isPromise } from './pieces.js';

/** An operation, looked through once for all its runs. */
export interface OperationPlan {
  readonly operation: OperationDefinitionNode;
  readonly fragments: Fragments;
  readonly fields: ObjectPlan;
  /** Fields that it has in all its selections. */
  readonly size: number;
}

type Fragments = Record<string, FragmentDefinitionNode>;

/** The fields that are selected of an object type, in the order of the answer. */
export type ObjectPlan = readonly FieldPlan[];

export interface FieldPlan {
  readonly responseName: string;
  /** `"responseName":`, behind a comma where another field comes before it. */
  readonly key: string;
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly nodes: FieldNodes;
  readonly value: ValuePlan;
  readonly readArguments: ReadArguments;
  /** Whether its resolver takes `info`, as its `extensions` declare. */
  readonly needsInfo: boolean;
  /**
   * Writes the value of a field without a resolver in the usual case: it is there and fits. Gives undefined in all
   * others. The field has none when its values are no leaves, or have a resolver.
   */
  readonly quick: QuickWriter | undefined;
}

type QuickWriter = (value: unknown) => string | undefined;

/** Where the field stands in the document: in several places, if its selections are merged. */
type FieldNodes = readonly [FieldNode, ...FieldNode[]];

/** How a value of a type is written. */
export type ValuePlan =
  | { readonly kind: 'non-null'; readonly inner: ValuePlan }
  | { readonly kind: 'list'; readonly item: ValuePlan }
  | { readonly kind: 'leaf'; readonly write: (value: unknown) => string }
  | { readonly kind: 'object'; readonly fields: ObjectPlan }
  | {
      readonly kind: 'abstract';
      readonly type: GraphQLAbstractType;
      readonly fields: ReadonlyMap<string, ObjectPlan>;
    };

/**
 * Fields of a plan at most. Fragments that spread others several times can make a short document mean millions, of
 * which a run may never see one.
 */
const mostFields = 1_000;

/** What a plan does not provide for. graphql-js runs such documents. */
class Unplanned extends Error {}

/**
 * Plans a query or a mutation that is valid.
 *
 * @param variables as the operation's definitions have them. Those on which @skip and @include depend decide on the plan
 * @returns undefined for what only graphql-js can run, such as questions about the schema, or can say is wrong
 */
export type PlanOperation = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
) => OperationPlan | undefined;

export function createPlanner(
  schema: GraphQLSchema,
  { jsonOf = () => undefined }: TextExecutorOptions,
): PlanOperation {
  return (document, operation, variables) => planOperation(schema, jsonOf, document, operation, variables);
}

function planOperation(
  schema: GraphQLSchema,
  jsonOf: JsonOf,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Record<string, unknown>,
): OperationPlan | undefined {
  // A name may be `__proto__`.
  const fragments = Object.create(null) as Fragments;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  const rootType = schema.getRootType(operation.operation);
  if (!rootType) return undefined;

  let planned = 0;

  const planFields = (
    parentType: GraphQLObjectType,
    selected: ReadonlyMap<string, readonly FieldNode[]>,
  ): ObjectPlan => {
    if (parentType.isTypeOf) throw new Unplanned();
    return [...selected].map(([responseName, [node, ...others]], index) => {
      if (!node) throw new Unplanned();
      return planField(parentType, responseName, [node, ...others], index === 0);
    });
  };

  const planField = (
    parentType: GraphQLObjectType,
    responseName: string,
    nodes: FieldNodes,
    isFirst: boolean,
  ): FieldPlan => {
    planned += 1;
    if (planned > mostFields) throw new Unplanned();
    const name = nodes[0].name.value;
    const definition =
      name === '__typename'
        ? { ...TypeNameMetaFieldDef, resolve: () => parentType.name }
        : parentType.getFields()[name];
    if (!definition) throw new Unplanned();
    const value = planValue(definition.type, nodes);
    const key = `${isFirst ? '' : ','}${JSON.stringify(responseName)}:`;
    const quick = quickWriter(definition, value, jsonOf);
    const needsInfo = definition.extensions['needsInfo'] === true;
    const readArguments = argumentReader(definition, nodes[0]);
    return { responseName, key, parentType, definition, nodes, value, readArguments, needsInfo, quick };
  };

  const planValue = (type: GraphQLOutputType, nodes: FieldNodes): ValuePlan => {
    if (isNonNullType(type)) return { kind: 'non-null', inner: planValue(type.ofType, nodes) };
    if (isListType(type)) return { kind: 'list', item: planValue(type.ofType, nodes) };
    if (isLeafType(type)) return { kind: 'leaf', write: leafWriter(type) };
    const beneath = (objectType: GraphQLObjectType) =>
      planFields(objectType, collectSubfields(schema, fragments, variables, objectType, nodes));
    if (isObjectType(type)) return { kind: 'object', fields: beneath(type) };
    const possible = schema.getPossibleTypes(type).map((each) => [each.name, beneath(each)] as const);
    return { kind: 'abstract', type, fields: new Map(possible) };
  };

  try {
    const selected = collectFields(schema, fragments, variables, rootType, operation.selectionSet);
    const fields = planFields(rootType, selected);
    return { operation, fragments, fields, size: planned };
  } catch (error) {
    // A condition that is null, for example.
    if (error instanceof Unplanned || error instanceof GraphQLError) return undefined;
    throw error;
  }
}

function quickWriter(
  { resolve }: GraphQLField<unknown, unknown>,
  plan: ValuePlan,
  jsonOf: JsonOf,
): QuickWriter | undefined {
  const isNullable = plan.kind !== 'non-null';
  const inner = plan.kind === 'non-null' ? plan.inner : plan;
  if (resolve || inner.kind !== 'leaf') return undefined;
  const { write } = inner;
  return (value) => {
    if (value == null) return isNullable ? 'null' : undefined;
    if (typeof value === 'function') return undefined;
    try {
      if (typeof value === 'object') {
        const json = jsonOf(value);
        if (json !== undefined) return isNullable || json !== 'null' ? json : undefined;
        if (isPromise(value) || value instanceof Error) return undefined;
      }
      return write(value);
    } catch {
      // It is written again, where the error has a place.
      return undefined;
    }
  };
}
