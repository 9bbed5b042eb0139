import {
  defaultTypeResolver,
  GraphQLError,
  locatedError,
  OperationTypeNode,
  responsePathAsArray,
  type ExecutionArgs,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { objectPlanOf } from './abstract.js';
import { acceptsJson } from './info.js';
import type { AnswerLimit, TextExecutorOptions } from './options.js';
import { isPromise, Pieces, type Done, type Text } from './pieces.js';
import type { FieldPlan, ObjectPlan, OperationPlan, ValuePlan } from './plan.js';

/** The result of an operation. */
export interface TextResult {
  /**
   * The value of `data` as JSON: a text, or its parts in their order, which a server can send one after the other
   * instead of copying them into one. Undefined when nothing was run.
   */
  readonly data: string | readonly string[] | undefined;
  /** Located where they happened, as graphql-js does it. */
  readonly errors: readonly GraphQLError[];
}

/** Runs a planned operation. @param variables as the operation's definitions have them */
export type Run = (
  plan: OperationPlan,
  args: ExecutionArgs,
  variables: Record<string, unknown>,
) => TextResult | Promise<TextResult>;

/**
 * Makes what runs operations. It writes what resolvers give into the text of the answer, without the objects in between
 * that graphql-js makes of it.
 */
export function createRunner(schema: GraphQLSchema, options: TextExecutorOptions): Run {
  const settings: Settings = {
    schema,
    jsonOf: options.jsonOf ?? (() => undefined),
    limit: options.limit ?? unlimited,
  };
  return (plan, { contextValue, rootValue }, variables) =>
    new Execution(settings, plan, contextValue, rootValue, variables).write();
}

type Settings = Readonly<Required<Pick<TextExecutorOptions, 'jsonOf' | 'limit'>>> & {
  readonly schema: GraphQLSchema;
};

class TooLongError extends Error {
  constructor(size: number) {
    super(`The answer is longer than ${size} characters.`);
  }
}

const unlimited: AnswerLimit = { size: Infinity, ErrorClass: TooLongError };

/** Characters of a value from which on it is sent by itself: joined to the rest, it would be copied once more. */
const large = 20_000;

function apart(text: string): Done {
  return text.length < large ? text : [text];
}

type Path = GraphQLResolveInfo['path'];

type Resolver = GraphQLFieldResolver<unknown, unknown>;

type Method = (args: unknown, context: unknown, info: GraphQLResolveInfo) => unknown;

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
class Execution {
  readonly #settings: Settings;
  readonly #plan: OperationPlan;
  readonly #context: unknown;
  readonly #root: unknown;
  readonly #variables: Record<string, unknown>;
  #size = 0;
  readonly #errors: GraphQLError[] = [];
  /** Where the answer has null because of an error. What goes wrong beneath is of no account any more. */
  #failed: Set<Path | undefined> | undefined;

  constructor(
    settings: Settings,
    plan: OperationPlan,
    context: unknown,
    root: unknown,
    variables: Record<string, unknown>,
  ) {
    this.#settings = settings;
    this.#plan = plan;
    this.#context = context;
    this.#root = root;
    this.#variables = variables;
  }

  write(): TextResult | Promise<TextResult> {
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

  #failure(error: unknown): TextResult {
    if (error instanceof this.#settings.limit.ErrorClass)
      return { data: 'null', errors: [new GraphQLError(error.message, { originalError: error })] };
    return this.#result(this.#writeFailure(error as GraphQLError, undefined));
  }

  #result(data: Done): TextResult {
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
      for (const field of fields) pieces.add(field.key, this.#writeField(field, source, path));
    } catch (error) {
      return pieces.fail(error);
    }
    return pieces.end('}');
  }

  #writeField(field: FieldPlan, source: unknown, parentPath: Path | undefined): Text {
    let path: Path | undefined;
    try {
      let value: unknown;
      if (field.definition.resolve) {
        path = pathOf(field, parentPath);
        value = this.#resolve(field, field.definition.resolve, source, path);
      } else {
        value = propertyOf(source, field.definition.name);
        const quick = field.quick?.(value);
        if (quick !== undefined) {
          this.#count(quick, field.key);
          return apart(quick);
        }
        path = pathOf(field, parentPath);
        if (typeof value === 'function') value = this.#call(field, source, path);
      }
      return this.#writeGuarded(field.value, value, field, path);
    } catch (error) {
      return this.#writeError(error, field.value, field, path ?? pathOf(field, parentPath));
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

  #resolve(field: FieldPlan, resolve: Resolver, source: unknown, path: Path): unknown {
    const info = field.needsInfo ? this.#infoOf(field, path) : undeclared;
    return resolve(source, field.readArguments(this.#variables), this.#context, info);
  }

  /** Calls a property that is a function, as graphql-js does it. */
  #call(field: FieldPlan, source: unknown, path: Path): unknown {
    const { name } = field.definition;
    const args = field.readArguments(this.#variables);
    return (source as Record<string, Method>)[name]?.(args, this.#context, this.#infoOf(field, path));
  }

  #infoOf({ definition, nodes, parentType }: FieldPlan, path: Path): GraphQLResolveInfo {
    return {
      fieldName: definition.name,
      fieldNodes: nodes,
      returnType: definition.type,
      parentType,
      path,
      schema: this.#settings.schema,
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
    const json = typeof value === 'object' ? this.#settings.jsonOf(value) : undefined;
    if (json !== undefined) {
      this.#count(json);
      return json.length < worthSparing ? json : [json];
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
    if (!isIterable(value)) throw notIterable(field);
    const pieces = new Pieces('[');
    let index = 0;
    let failure: { readonly error: unknown } | undefined;
    try {
      for (const item of value) {
        if (failure) {
          // Nobody waits for it any more. Rejected, it would end the process.
          if (isPromise(item)) item.then(undefined, () => undefined);
          continue;
        }
        const itemPath = { prev: path, key: index, typename: undefined };
        try {
          pieces.add(index === 0 ? '' : ',', this.#writeGuarded(itemPlan, item, field, itemPath));
        } catch (error) {
          failure = { error };
        }
        index += 1;
      }
    } catch (error) {
      return pieces.fail(error);
    }
    return failure ? pieces.fail(failure.error) : pieces.end(']');
  }

  #writeAbstract(
    { type, fields }: Extract<ValuePlan, { kind: 'abstract' }>,
    value: unknown,
    field: FieldPlan,
    path: Path,
  ): Text {
    const resolveType = type.resolveType ?? defaultTypeResolver;
    const name = resolveType(value, this.#context, this.#infoOf(field, path), type);
    const write = (found: unknown) =>
      this.#writeObject(objectPlanOf(this.#settings.schema, type, fields, found, value, field), value, path);
    return isPromise(name) ? name.then(write) : write(name);
  }

  /** @throws the error of the limit, which ends the whole run */
  #count(text: string, key = ''): void {
    const { size, ErrorClass } = this.#settings.limit;
    this.#size += text.length + key.length;
    if (this.#size > size) throw new ErrorClass(size);
  }

  #writeError(error: unknown, { kind }: ValuePlan, { nodes }: FieldPlan, path: Path): string {
    if (error instanceof this.#settings.limit.ErrorClass) throw error;
    const located = locatedError(error, nodes, responsePathAsArray(path));
    if (kind === 'non-null') throw located;
    return this.#writeFailure(located, path);
  }

  #writeFailure(error: GraphQLError, path: Path | undefined): string {
    if (!this.#hasFailed(path)) {
      (this.#failed ??= new Set()).add(path);
      this.#errors.push(error);
    }
    return 'null';
  }

  #hasFailed(path: Path | undefined): boolean {
    if (!this.#failed) return false;
    for (let each = path; each !== undefined; each = each.prev) if (this.#failed.has(each)) return true;
    return this.#failed.has(undefined);
  }
}

function pathOf({ responseName, parentType }: FieldPlan, prev: Path | undefined): Path {
  return { prev, key: responseName, typename: parentType.name };
}

/** What graphql-js takes for the value of a field without a resolver. */
function propertyOf(source: unknown, name: string): unknown {
  const has = typeof source === 'object' ? source !== null : typeof source === 'function';
  return has ? (source as Record<string, unknown>)[name] : undefined;
}

function isMutation({ operation }: OperationDefinitionNode): boolean {
  return operation === OperationTypeNode.MUTATION;
}

/** @throws when a value is not there that must be */
function present(text: Done, { definition, parentType }: FieldPlan): Done {
  if (text !== 'null') return text;
  throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${definition.name}.`);
}

/** In the words of graphql-js. */
function notIterable({ parentType, definition }: FieldPlan): GraphQLError {
  return new GraphQLError(
    `Expected Iterable, but did not find one for field "${parentType.name}.${definition.name}".`,
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
