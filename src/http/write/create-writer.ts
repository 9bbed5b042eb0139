import {
  getOperationAST,
  getVariableValues,
  Kind,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { executeReference } from '../execute.js';
import { planOperation, type OperationPlan } from './plan.js';
import { variableReader, type ReadVariables } from './variables.js';
import { writeOperation, type WrittenResult } from './writer.js';

/** Runs queries and mutations, and gives the answer as text. */
export type Write = (args: ExecutionArgs) => WrittenResult | Promise<WrittenResult>;

/** What is known of a document that is kept. */
interface Plans {
  /** Variables on which @skip and @include depend. */
  readonly conditions: readonly string[];
  /** By operation and values of those. Null where graphql-js is to run it. */
  readonly found: Map<string, OperationPlan | null>;
}

/** Plans that are kept of a document at most: each condition doubles them. */
const plansKept = 32;

/**
 * Writes answers by a plan of the document, made once. graphql-js is the measure of what they say: it runs what there
 * is no plan for, and finds the words for variables that do not fit.
 */
export function createWriter(schema: GraphQLSchema): Write {
  const documents = new WeakMap<DocumentNode, Plans>();

  function planOf(
    { document, operationName }: ExecutionArgs,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationPlan | null {
    let plans = documents.get(document);
    if (!plans) {
      plans = { conditions: conditionsOf(document), found: new Map() };
      documents.set(document, plans);
    }
    const { conditions, found } = plans;
    const key = JSON.stringify([operationName, ...conditions.map((name) => variables[name] ?? null)]);
    let plan = found.get(key);
    if (plan === undefined) {
      plan = planOperation(schema, document, operation, variables) ?? null;
      if (found.size < plansKept) found.set(key, plan);
    }
    return plan;
  }

  const readers = new WeakMap<OperationDefinitionNode, ReadVariables>();

  function variablesOf(
    operation: OperationDefinitionNode,
    values: Readonly<Record<string, unknown>>,
  ): Record<string, unknown> | undefined {
    let read = readers.get(operation);
    if (!read) readers.set(operation, (read = variableReader(schema, operation)));
    try {
      const found = read(values);
      if (found) return found;
    } catch {
      // A scalar does not take its value.
    }
    return getVariableValues(schema, operation.variableDefinitions ?? [], values, { maxErrors: 1 }).coerced;
  }

  return (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (!operation) return asWritten(executeReference(args));
    const coerced = variablesOf(operation, args.variableValues ?? {});
    const plan = coerced && planOf(args, operation, coerced);
    if (!plan) return asWritten(executeReference(args));
    const context = { ...(args.contextValue as object), asText: true };
    return writeOperation(plan, { ...args, contextValue: context }, coerced);
  };
}

/** graphql-js, for those who want text. */
async function asWritten(result: ExecutionResult | Promise<ExecutionResult>): Promise<WrittenResult> {
  const { data, errors = [] } = await result;
  return { data: data === undefined ? undefined : JSON.stringify(data), errors };
}

function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive(directive) {
      for (const { value } of directive.arguments ?? [])
        if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
