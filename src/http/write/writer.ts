import {
  defaultTypeResolver,
  getArgumentValues,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
  type ExecutionArgs,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { JsonText } from '../../data/row-values.js';
import { AnswerTooLargeError } from '../../errors.js';
import { acceptsJson } from '../../schema/accepts-json.js';
import { isPromise, Pieces, type Done, type Text } from './pieces.js';
import type { FieldPlan, ObjectPlan, OperationPlan, ValuePlan } from './plan.js';

/** The answer to an operation. */
export interface WrittenResult {
  /** As JSON. Undefined when nothing was run. */
  readonly data: Done | undefined;
  readonly errors: readonly GraphQLError[];
}

/**
 * Runs an operation, and writes what its resolvers give into the text of the answer, without the objects in between
 * that graphql-js makes of it.
 *
 * @param variables as the operation's definitions have them
 * @param answerLimit bytes that the values of the answer may have, about
 */
export function writeOperation(
  plan: OperationPlan,
  { schema, contextValue, rootValue }: ExecutionArgs,
  variables: Record<string, unknown>,
  answerLimit: number,
): WrittenResult | Promise<WrittenResult> {
  return new Run(schema, plan, contextValue, rootValue, variables, answerLimit).write();
}

/** Characters of a value from which on it is sent by itself: joined to the rest, it would be copied once more. */
const large = 20_000;

function apart(text: string): Done {
  return text.length < large ? text : [text];
}

type Path = GraphQLResolveInfo['path'];

const nothing = {};

/** Characters from which on JSON that came whole is not copied. */
const worthSparing = 2_000;

/** In the place of `info` for resolvers that do not declare that they take it. */
const undeclared = undeclaredInfo();

function undeclaredInfo(): GraphQLResolveInfo {
  const refuse = {
    get() {
      throw new Error('A field whose resolver takes `info` must say so: `needsInfo` in its extensions.');
    },
  };
  const names = [
    'fieldName',
    'fieldNodes',
    'returnType',
    'parentType',
    'path',
    'schema',
    'fragments',
    'rootValue',
    'operation',
    'variableValues',
  ] as const satisfies readonly (keyof GraphQLResolveInfo)[];
  // No proxy, because fields of every row look for the mark.
  const properties = Object.fromEntries(names.map((name) => [name, refuse]));
  return Object.defineProperties({ [acceptsJson]: true }, properties) as unknown as GraphQLResolveInfo;
}

/** One run of an operation. It resolves in the order of graphql-js, and null spreads as it does there. */
class Run {
  readonly #schema: GraphQLSchema;
  readonly #plan: OperationPlan;
  readonly #context: unknown;
  readonly #root: unknown;
  readonly #variables: Record<string, unknown>;
  /** The arguments of a field are the same for all objects of a list. */
  readonly #arguments = new Map<FieldPlan, Record<string, unknown>>();
  readonly #answerLimit: number;
  #size = 0;
  readonly #errors: GraphQLError[] = [];
  /** Where the answer has null because of an error. What goes wrong beneath is of no account any more. */
  readonly #failed = new Set<Path | undefined>();

  constructor(
    schema: GraphQLSchema,
    plan: OperationPlan,
    context: unknown,
    root: unknown,
    variables: Record<string, unknown>,
    answerLimit: number,
  ) {
    this.#answerLimit = answerLimit;
    this.#schema = schema;
    this.#plan = plan;
    this.#context = context;
    this.#root = root;
    this.#variables = variables;
  }

  write(): WrittenResult | Promise<WrittenResult> {
    const { fields, operation } = this.#plan;
    try {
      const data = isMutation(operation)
        ? this.#writeOneByOne(fields)
        : this.#writeObject(fields, this.#root, undefined);
      if (!isPromise(data)) return this.#result(data);
      return data.then(
        (text) => this.#result(text),
        (error: unknown) => this.#failure(error),
      );
    } catch (error) {
      return this.#failure(error);
    }
  }

  #failure(error: unknown): WrittenResult {
    if (error instanceof AnswerTooLargeError)
      return { data: 'null', errors: [new GraphQLError(error.message, { originalError: error })] };
    return this.#result(this.#writeFailure(error as GraphQLError, undefined));
  }

  #result(data: Done): WrittenResult {
    return { data, errors: this.#errors };
  }

  async #writeOneByOne(fields: ObjectPlan): Promise<Done> {
    const pieces = new Pieces('{');
    for (const field of fields) pieces.add(field.key, await this.#writeField(field, this.#root, undefined));
    return pieces.end('}');
  }

  #writeObject(fields: ObjectPlan, source: unknown, path: Path | undefined): Text {
    const pieces = new Pieces('{');
    try {
      for (const field of fields) {
        const quick = field.quick(source);
        if (quick !== undefined) this.#count(quick, field.key);
        pieces.add(field.key, quick === undefined ? this.#writeField(field, source, path) : apart(quick));
      }
    } catch (error) {
      return pieces.fail(error);
    }
    return pieces.end('}');
  }

  #writeField(field: FieldPlan, source: unknown, parentPath: Path | undefined): Text {
    const path = { prev: parentPath, key: field.responseName, typename: field.parentType.name };
    try {
      return this.#writeGuarded(field.value, this.#resolve(field, source, path), field, path);
    } catch (error) {
      return this.#writeError(error, field.value, field, path);
    }
  }

  /** Writes a value of a field or of a list. What goes wrong is located there. */
  #writeGuarded(plan: ValuePlan, value: unknown, field: FieldPlan, path: Path): Text {
    try {
      const text = isPromise(value)
        ? value.then((awaited) => this.#writeValue(plan, awaited, field, path))
        : this.#writeValue(plan, value, field, path);
      return isPromise(text)
        ? text.catch((error: unknown) => this.#writeError(error, plan, field, path))
        : text;
    } catch (error) {
      return this.#writeError(error, plan, field, path);
    }
  }

  #resolve(field: FieldPlan, source: unknown, path: Path): unknown {
    const { definition } = field;
    if (!definition.resolve) return (source as Record<string, unknown> | undefined)?.[definition.name];
    const args = definition.args.length === 0 ? nothing : this.#argumentsOf(field);
    const info = field.needsInfo ? this.#infoOf(field, path) : undeclared;
    return definition.resolve(source, args, this.#context, info);
  }

  #argumentsOf(field: FieldPlan): Record<string, unknown> {
    let args = this.#arguments.get(field);
    if (!args) {
      args = getArgumentValues(field.definition, field.nodes[0], this.#variables);
      this.#arguments.set(field, args);
    }
    return args;
  }

  #infoOf({ definition, nodes, parentType }: FieldPlan, path: Path): GraphQLResolveInfo {
    return {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType,
      path,
      schema: this.#schema,
      fragments: this.#plan.fragments,
      rootValue: this.#root,
      operation: this.#plan.operation,
      variableValues: this.#variables,
      [acceptsJson]: true,
    };
  }

  #writeValue(plan: ValuePlan, value: unknown, field: FieldPlan, path: Path): Text {
    if (value instanceof Error) throw value;
    if (plan.kind === 'non-null') {
      const text = this.#writeValue(plan.inner, value, field, path);
      return isPromise(text) ? text.then((each) => present(each, field)) : present(text, field);
    }
    if (value == null) return 'null';
    // It stands in the answer as it came.
    if (value instanceof JsonText) {
      this.#count(value.text);
      return value.text.length < worthSparing ? value.text : [value.text];
    }
    switch (plan.kind) {
      case 'leaf': {
        const text = plan.write(value);
        this.#count(text);
        return apart(text);
      }
      case 'list':
        return this.#writeList(plan, value, field, path);
      case 'object':
        return this.#writeObject(plan.fields, value, path);
      case 'abstract':
        return this.#writeAbstract(plan, value, field, path);
    }
  }

  #writeList(
    { item: itemPlan }: Extract<ValuePlan, { kind: 'list' }>,
    value: unknown,
    field: FieldPlan,
    path: Path,
  ): Text {
    if (!isIterable(value)) throw new Error(`The list of the field ${field.responseName} is none.`);
    const pieces = new Pieces('[');
    let index = 0;
    try {
      for (const item of value) {
        const itemPath = { prev: path, key: index, typename: undefined };
        pieces.add(index === 0 ? '' : ',', this.#writeGuarded(itemPlan, item, field, itemPath));
        index += 1;
      }
    } catch (error) {
      return pieces.fail(error);
    }
    return pieces.end(']');
  }

  #writeAbstract(
    { type, fields }: Extract<ValuePlan, { kind: 'abstract' }>,
    value: unknown,
    field: FieldPlan,
    path: Path,
  ): Text {
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const name = resolveType(value, this.#context, this.#infoOf(field, path), type);
    const write = (found: string | undefined) =>
      this.#writeObject(fieldsOf(type, fields, found), value, path);
    return isPromise(name) ? name.then(write) : write(name);
  }

  /** @throws AnswerTooLargeError, which ends the whole run */
  #count(text: string, key = ''): void {
    this.#size += text.length + key.length;
    if (this.#size > this.#answerLimit) throw new AnswerTooLargeError(this.#answerLimit);
  }

  #writeError(error: unknown, { kind }: ValuePlan, { nodes }: FieldPlan, path: Path): string {
    if (error instanceof AnswerTooLargeError) throw error;
    const located = locatedError(error, nodes, responsePathAsArray(path));
    if (kind === 'non-null') throw located;
    return this.#writeFailure(located, path);
  }

  #writeFailure(error: GraphQLError, path: Path | undefined): string {
    if (!this.#hasFailed(path)) {
      this.#failed.add(path);
      this.#errors.push(error);
    }
    return 'null';
  }

  #hasFailed(path: Path | undefined): boolean {
    for (let each = path; each !== undefined; each = each.prev) if (this.#failed.has(each)) return true;
    return this.#failed.has(undefined);
  }
}

function isMutation({ operation }: OperationDefinitionNode): boolean {
  return operation === OperationTypeNode.MUTATION;
}

/** @throws when a value is not there that must be */
function present(text: Done, { definition, parentType }: FieldPlan): Done {
  if (text !== 'null') return text;
  throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${definition.name}.`);
}

function fieldsOf(
  type: GraphQLAbstractType,
  fields: ReadonlyMap<string, ObjectPlan>,
  name: string | undefined,
): ObjectPlan {
  const found = name === undefined ? undefined : fields.get(name);
  if (!found) throw new Error(`A value of ${type.name} is of none of its types.`);
  return found;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
