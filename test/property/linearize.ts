import type { Model } from './model.js';
import { agrees, type Answer, type Operation } from './protocol.js';

/** A request with its answer, and when it was sent and answered, by any clock. */
export interface Observed {
  readonly operation: Operation;
  readonly answer: Answer;
  readonly sent: number;
  readonly answered: number;
}

/**
 * Looks for an order in which the requests could have been carried out one after the other, each with the answer that
 * it got, and with this outcome: none of them before another one that was answered before it was sent. That there is
 * such an order is called linearizability; the search is that of Wing and Gong (1993).
 *
 * Answers tell the revisions of what they changed, so that hardly ever more than one of them fits.
 *
 * @param model as it was before all of them
 * @returns the order; null when there is none
 */
export function findOrder(
  model: Model,
  observed: readonly Observed[],
  isOutcome: (model: Model) => boolean,
): Observed[] | null {
  const failed = new Set<string>();

  function search(before: Model, left: readonly Observed[]): Observed[] | null {
    if (left.length === 0) return isOutcome(before) ? [] : null;
    const stateBefore = before.toString();
    const key = `${left.map((each) => observed.indexOf(each)).join()} ${stateBefore}`;
    if (failed.has(key)) return null;
    const firstAnswered = Math.min(...left.map(({ answered }) => answered));
    for (const next of left) {
      if (next.sent > firstAnswered) continue;
      const after = before.copy();
      if (!agrees(after.apply(next.operation), next.answer)) continue;
      const rest = search(
        after,
        left.filter((each) => each !== next),
      );
      if (rest) return [next, ...rest];
      // What changes nothing can be put here as well as anywhere.
      if (after.toString() === stateBefore) break;
    }
    failed.add(key);
    return null;
  }
  return search(model, observed);
}
