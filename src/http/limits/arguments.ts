import {
  Kind,
  valueFromASTUntyped,
  visit,
  type DirectiveNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type ValueNode,
} from 'graphql';
import type { Size } from '../../schema/size.js';
import { OpenAmount, sumOf, type Amount, type Term, type Variables } from './amount.js';

/** Values that variables have when a request does not bring them. */
export type Defaults = ReadonlyMap<string, unknown>;

export function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Defaults {
  return new Map(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}

/** How many values a field gives. A number that it does not take counts as the nearest that it does: the field refuses it. */
export function rowsOf({ from, otherwise, most }: Size, field: FieldNode, defaults: Defaults): Amount {
  const found = from.map(([name, ...path]) => valueAt(argument(field, name), path, defaults));
  return amountOf(found, (variables) => {
    let asked: number | undefined;
    for (const { read } of found) {
      const count = countOf(read(variables));
      if (count !== undefined) asked = Math.max(asked ?? 0, count);
    }
    return asked === undefined ? otherwise : Math.min(asked, most);
  });
}

/** Bytes of which the values that variables have in a request are, about. The same amounts for all that ask for them. */
export type VariableSizes = (name: string) => OpenAmount;

export function variableSizes(defaults: Defaults): VariableSizes {
  const sizes = new Map<string, OpenAmount>();
  return (name) => {
    let size = sizes.get(name);
    if (!size) {
      size = new OpenAmount((variables) =>
        sizeOfJson(Object.hasOwn(variables, name) ? variables[name] : defaults.get(name)),
      );
      sizes.set(name, size);
    }
    return size;
  };
}

/** Bytes of which the arguments of a field are, about: those in the document, and those that variables bring. */
export function bytesOf({ arguments: given = [] }: FieldNode, sizes: VariableSizes): Amount {
  const terms: Term[] = [];
  for (const argument of given) {
    terms.push([1, argument.loc ? argument.loc.end - argument.loc.start : 0]);
    visit(argument, {
      Variable({ name }) {
        terms.push([1, sizes(name.value)]);
      },
    });
  }
  return sumOf(terms);
}

/** Bytes of JSON, about: as if all text were ASCII. */
function sizeOfJson(json: unknown): number {
  let size = 0;
  const left: object[] = [];
  const add = (value: unknown) => {
    if (typeof value === 'string') size += value.length + 3;
    else if (typeof value !== 'object' || value === null) size += 5;
    else left.push(value);
  };
  add(json);
  for (let value = left.pop(); value; value = left.pop()) {
    if (Array.isArray(value)) for (const item of value) add(item);
    else {
      for (const key of Object.keys(value)) {
        size += key.length + 3;
        add((value as Record<string, unknown>)[key]);
      }
    }
  }
  return size;
}

/** 1 when a selection is taken, 0 when @skip or @include leave it out. */
export function takenOf({ directives = [] }: SelectionNode, defaults: Defaults): Amount {
  const conditions = directives.flatMap((directive) => {
    const name = directive.name.value;
    if (name !== 'skip' && name !== 'include') return [];
    return [{ ...valueAt(argument(directive, 'if'), [], defaults), leavesOut: name === 'skip' }];
  });
  return amountOf(conditions, (variables) =>
    conditions.some(({ read, leavesOut }) => read(variables) === leavesOut) ? 0 : 1,
  );
}

/** A value of the document: known, or open to the variables. */
interface Found {
  readonly isOpen: boolean;
  readonly read: (variables: Variables) => unknown;
}

function amountOf(found: readonly Found[], count: (variables: Variables) => number): Amount {
  return found.some(({ isOpen }) => isOpen) ? new OpenAmount(count) : count({});
}

function argument({ arguments: given = [] }: FieldNode | DirectiveNode, name: string): ValueNode | undefined {
  return given.find((each) => each.name.value === name)?.value;
}

function valueAt(node: ValueNode | undefined, path: readonly string[], defaults: Defaults): Found {
  if (node?.kind === Kind.VARIABLE) {
    const name = node.name.value;
    const read = (variables: Variables) =>
      // Names such as `constructor` are there in every object.
      inside(Object.hasOwn(variables, name) ? variables[name] : defaults.get(name), path);
    return { isOpen: true, read };
  }
  const [name, ...rest] = path;
  if (name !== undefined) {
    const fields = node?.kind === Kind.OBJECT ? node.fields : [];
    return valueAt(fields.find((field) => field.name.value === name)?.value, rest, defaults);
  }
  const value = literalOf(node);
  return { isOpen: false, read: () => value };
}

function inside(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (outer, name) =>
      typeof outer === 'object' && outer !== null && Object.hasOwn(outer, name)
        ? (outer as Variables)[name]
        : undefined,
    value,
  );
}

/** Numbers, truth values and lists, of which only the length counts. */
function literalOf(node: ValueNode | undefined): unknown {
  if (node?.kind === Kind.INT) return Number(node.value);
  if (node?.kind === Kind.BOOLEAN) return node.value;
  return node?.kind === Kind.LIST ? node.values : undefined;
}

function countOf(value: unknown): number | undefined {
  if (Array.isArray(value)) return value.length;
  return typeof value === 'number' ? value : undefined;
}
