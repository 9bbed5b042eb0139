import {
  getOperationAST,
  Kind,
  visit,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { executeReference } from '../execute.js';
import { planOperation, type OperationPlan } from './plan.js';
import { writeOperation, type WrittenResult } from './writer.js';

/**
 * Runs queries and mutations, and gives the answer as text.
 *
 * @param variables as the definitions of the operation have them; undefined when there is no such operation
 */
export type Write = (
  args: ExecutionArgs,
  variables: Record<string, unknown> | undefined,
) => WrittenResult | Promise<WrittenResult>;

/** What is known of a document that is kept. */
interface Known {
  /** Tells its plans from those of others. */
  readonly number: number;
  /** Variables on which @skip and @include depend. */
  readonly conditions: readonly string[];
}

/** What the plans that are kept may hold together: fields, each of about a kilobyte, and characters of their keys. */
const plansKept = 40_000;

/** Kept for where graphql-js is to run it. */
const unplanned = Symbol();

/**
 * Writes answers by a plan of the document, made once. graphql-js is the measure of what they say: it runs what there
 * is no plan for.
 */
export function createWriter(schema: GraphQLSchema, answerLimit: number): Write {
  const documents = new WeakMap<DocumentNode, Known>();
  let numbered = 0;
  // By document, operation, and values of its conditions: each of these doubles the plans.
  const plans = new LRUCache<string, OperationPlan | typeof unplanned>({
    maxSize: plansKept,
    sizeCalculation: (plan, key) => (plan === unplanned ? 1 : 1 + plan.size) + Math.ceil(key.length / 500),
  });

  function planOf(
    { document, operationName }: ExecutionArgs,
    operation: OperationDefinitionNode,
    variables: Record<string, unknown>,
  ): OperationPlan | null {
    let known = documents.get(document);
    if (!known) {
      known = { number: (numbered += 1), conditions: conditionsOf(document) };
      documents.set(document, known);
    }
    const values = known.conditions.map((name) => variables[name] ?? null);
    const key = `${known.number} ${JSON.stringify([operationName, ...values])}`;
    let plan = plans.get(key);
    if (plan === undefined) {
      plan = planOperation(schema, document, operation, variables) ?? unplanned;
      plans.set(key, plan);
    }
    return plan === unplanned ? null : plan;
  }

  return (args, variables) => {
    const operation = getOperationAST(args.document, args.operationName);
    const plan = operation && variables && planOf(args, operation, variables);
    if (!plan) return asWritten(executeReference(args));
    return writeOperation(plan, args, variables, answerLimit);
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
