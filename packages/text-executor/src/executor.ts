import {
  execute,
  getOperationAST,
  getVariableValues,
  Kind,
  OperationTypeNode,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { TextExecutorOptions } from './options.js';
import { createPlanner, type OperationPlan } from './plan.js';
import { createRunner, type TextResult } from './run.js';
import { createVariableCoercion } from './variables.js';

/**
 * Runs queries and mutations of valid documents, and gives the answer as text.
 *
 * @param args as `execute` of graphql-js takes them
 * @param variables as the definitions of the operation have them, for who has coerced them already. Default:
 *   `args.variableValues`, coerced here
 */
export type ExecuteAsText = (
  args: ExecutionArgs,
  variables?: Record<string, unknown>,
) => TextResult | Promise<TextResult>;

/** What is known of a document that is kept. */
interface Known {
  /** Distinguishes its plans from those of other documents. */
  readonly number: number;
  /** Variables on which @skip and @include depend. */
  readonly conditions: readonly string[];
}

/** Fields that all plans in the cache may have together, each of about a kilobyte, and characters of their keys. */
const maxKeptFields = 40_000;

/** Kept for what graphql-js has to run. */
const unplanned = Symbol();

/**
 * Creates an executor that writes answers by a plan of the document, which it makes once. What it has no plan for, such
 * as questions about the schema, graphql-js runs.
 */
export function createTextExecutor(schema: GraphQLSchema, options: TextExecutorOptions = {}): ExecuteAsText {
  const { fallback = execute } = options;
  const planOperation = createPlanner(schema, options);
  const run = createRunner(schema, options);
  const coerceQuickly = createVariableCoercion(schema);
  const documents = new WeakMap<DocumentNode, Known>();
  let numbered = 0;
  // By document, operation, and values of its conditions: each of these doubles the plans.
  const plans = new LRUCache<string, OperationPlan | typeof unplanned>({
    maxSize: maxKeptFields,
    sizeCalculation: (plan, key) => (plan === unplanned ? 1 : 1 + plan.size) + Math.ceil(key.length / 500),
  });

  function planOf(
    { document, operationName }: ExecutionArgs,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationPlan | undefined {
    let known = documents.get(document);
    if (!known) {
      known = { number: (numbered += 1), conditions: conditionsOf(document) };
      documents.set(document, known);
    }
    const values = known.conditions.map((name) => variables[name] ?? null);
    const key = `${known.number} ${JSON.stringify([operationName, ...values])}`;
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = planOperation(document, operation, variables) ?? unplanned;
      plans.set(key, plan);
    }
    return plan === unplanned ? undefined : plan;
  }

  /** Undefined when they do not fit: graphql-js says why. */
  function coerce(operation: OperationDefinitionNode, values: Readonly<Record<string, unknown>>) {
    const { variableDefinitions = [] } = operation;
    return coerceQuickly(operation, values) ?? getVariableValues(schema, variableDefinitions, values).coerced;
  }

  return (args, variables) => {
    const operation = plannable(args);
    const values = operation && (variables ?? coerce(operation, args.variableValues ?? {}));
    const plan = operation && values && planOf(args, operation, values);
    return plan ? run(plan, args, values) : asText(fallback(args));
  };
}

/** The operation, unless only graphql-js can run it. */
function plannable(args: ExecutionArgs): OperationDefinitionNode | undefined {
  if (args.fieldResolver ?? args.typeResolver) return undefined;
  const operation = getOperationAST(args.document, args.operationName);
  return operation && operation.operation !== OperationTypeNode.SUBSCRIPTION ? operation : undefined;
}

async function asText(result: ExecutionResult | Promise<ExecutionResult>): Promise<TextResult> {
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
