import type { Measured } from './meter.js';
import { kindOf, type Request } from './request.js';

export interface Found {
  readonly request: Request;
  measured: Measured;
}

export const measures = ['cpu', 'memory', 'database'] as const;
export type Measure = (typeof measures)[number];

/** Keeps the costliest request of each kind by each measure, so that one kind does not crowd out the others. */
export function createArchive() {
  const best: Record<Measure, Map<string, Found>> = {
    cpu: new Map(),
    memory: new Map(),
    database: new Map(),
  };
  const isBetter = (by: Measure, request: Request, measured: Measured): boolean =>
    measured[by] > (best[by].get(kindOf(request))?.measured[by] ?? -1);

  return {
    /** Whether a request costs more than the costliest of its kind, and much. */
    isRecord: (request: Request, measured: Measured): boolean =>
      (isBetter('cpu', request, measured) && measured.cpu > 0.2) ||
      (isBetter('memory', request, measured) && measured.memory > 20) ||
      (isBetter('database', request, measured) && measured.database > 0.2),
    add(found: Found): void {
      for (const by of measures)
        if (isBetter(by, found.request, found.measured)) best[by].set(kindOf(found.request), found);
    },
    /** The costliest first. */
    by: (by: Measure): Found[] => [...best[by].values()].sort((a, b) => b.measured[by] - a.measured[by]),
    all: (): Found[] => [...new Set(measures.flatMap((by) => [...best[by].values()]))],
  };
}

/** The smaller values of two measurements of the same request. */
export function least(one: Measured, other: Measured): Measured {
  return {
    ...other,
    cpu: Math.min(one.cpu, other.cpu),
    memory: Math.min(one.memory, other.memory),
    database: Math.min(one.database, other.database),
  };
}
