/** The variables of a request, as it brings them. */
export type Variables = Readonly<Record<string, unknown>>;

/** A number, or one that depends on the variables of a request. */
export type Amount = number | OpenAmount;

/** Finds an amount. Amounts that it is made of are asked for the same run. */
type Find = (variables: Variables, run: number) => number;

/**
 * An amount that depends on variables. Fragments make it a part of many others, and those parts of many more, so it is
 * found once in a run.
 */
export class OpenAmount {
  readonly #find: Find;
  #run = 0;
  #found = 0;

  constructor(find: Find) {
    this.#find = find;
  }

  in(variables: Variables, run: number): number {
    if (this.#run !== run) {
      this.#found = this.#find(variables, run);
      this.#run = run;
    }
    return this.#found;
  }
}

/** @param run a number from 1 that no other run of these amounts has */
export function amountIn(amount: Amount, variables: Variables, run: number): number {
  return typeof amount === 'number' ? amount : amount.in(variables, run);
}

/** An amount, and how many times it is taken. */
export type Term = readonly [times: Amount, amount: Amount];

export function sumOf(terms: readonly Term[]): Amount {
  let known = 0;
  const open: Term[] = [];
  for (const [times, amount] of terms) {
    if (times === 0 || amount === 0) continue;
    if (typeof times === 'number' && typeof amount === 'number') known += times * amount;
    else open.push([times, amount]);
  }
  if (open.length === 0) return known;
  return new OpenAmount((variables, run) => {
    let total = known;
    for (const [times, amount] of open) {
      const taken = amountIn(times, variables, run);
      // What is never taken may be infinite.
      if (taken !== 0) total += taken * amountIn(amount, variables, run);
    }
    return total;
  });
}

/** How many whole times a part goes into an amount. */
export function wholeParts(amount: Amount, part: number): Amount {
  if (typeof amount === 'number') return Math.floor(amount / part);
  return new OpenAmount((variables, run) => Math.floor(amount.in(variables, run) / part));
}

export function largestOf(amounts: readonly Amount[]): Amount {
  const [only, ...others] = amounts;
  if (only !== undefined && others.length === 0) return only;
  const open = amounts.filter((amount) => typeof amount !== 'number');
  const known = Math.max(0, ...amounts.filter((amount) => typeof amount === 'number'));
  if (open.length === 0) return known;
  return new OpenAmount((variables, run) =>
    open.reduce((largest, amount) => Math.max(largest, amount.in(variables, run)), known),
  );
}
