// The one rule of visibility, as SQL and for Prisma. Both take `visibleOwner(viewer)`: the only owner whose sessions
// the viewer may see and change, or null for all.

/**
 * The rule as SQL, over the alias of a session. `owner` is the parameter that carries the owner.
 *
 * It judges sessions that are found by their ids. The planner is not to see the owner: where it takes somebody for
 * having few sessions, who may have got many since statistics were gathered, it would read all of them instead.
 */
export function visible(session: string, owner: string): string {
  return `((SELECT ${owner}::text) IS NULL OR ${session}."userId" = (SELECT ${owner}::text))`;
}

/**
 * The rule as a part of Prisma's `where`. It belongs beside a whole key, with which no plan goes through the sessions of
 * an owner: test/api/plans.
 */
export function visibleTo(owner: string | null): { readonly userId?: string } {
  return owner === null ? {} : { userId: owner };
}
