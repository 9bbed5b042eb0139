import { LRUCache } from 'lru-cache';
import { isUtf8, parseMediaType, splitList } from './media-type.js';

const jsonTypes = ['application/json', 'application/graphql-response+json'] as const;
const streamTypes = ['text/event-stream', 'multipart/mixed'] as const;

export type JsonType = (typeof jsonTypes)[number];
export type StreamType = (typeof streamTypes)[number];

/** The types of answers that a client prefers. */
export interface Accepted {
  /** For one result. A client that takes no JSON gets it as a stream of one. Undefined: it takes nothing that we have. */
  readonly single: JsonType | StreamType | undefined;
  /** For the results of a subscription. Undefined: it takes no stream. */
  readonly stream: StreamType | undefined;
  /** Whether it would rather have a page for a person to look at. */
  readonly page: boolean;
}

const known = new LRUCache<string, Accepted>({ max: 100 });

/** Characters of the longest header that is remembered. */
const longest = 300;

/** What an `accept` header asks for. The type of the highest weight wins; of the same weight, JSON before streams. */
export function acceptedTypes(header = '*/*'): Accepted {
  const remembered = known.get(header);
  if (remembered) return remembered;
  const accepted = negotiate(header);
  if (header.length <= longest) known.set(header, accepted);
  return accepted;
}

interface Range {
  readonly name: string;
  /** From 0, not acceptable, to 1. */
  readonly weight: number;
  readonly position: number;
}

/** How much a client wants a type: the weight of the range that fits best, how exactly it fits, and where it stands. */
interface Wish<Type> extends Range {
  readonly type: Type;
  readonly exactness: number;
}

function negotiate(header: string): Accepted {
  const ranges = splitList(header).flatMap(parseRange);
  const wish = <Type extends string>(type: Type): Wish<Type>[] => {
    const [best] = ranges
      .map((range) => ({ ...range, type, exactness: exactnessOf(range.name, type) }))
      .filter(({ exactness }) => exactness > 0)
      .sort((a, b) => b.exactness - a.exactness || b.weight - a.weight || a.position - b.position);
    return best && best.weight > 0 ? [best] : [];
  };
  const json = preferred(jsonTypes.flatMap(wish), (a, b) => a.position - b.position);
  const stream = preferred(streamTypes.flatMap(wish));
  // A range such as */* does not mean a stream where there is one result.
  const isStreamNamed = stream !== undefined && stream.name === stream.type;
  const single = isStreamNamed && stream.weight > (json?.weight ?? 0) ? stream : (json ?? stream);
  const [page] = wish('text/html').filter(({ name }) => name === 'text/html');
  return {
    single: single?.type,
    stream: stream?.type,
    page: page !== undefined && page.weight >= (single?.weight ?? 0),
  };
}

function parseRange(text: string, position: number): Range[] {
  const type = parseMediaType(text);
  if (!type || !isUtf8(type)) return [];
  const [, weight = '1'] = type.parameters.find(([name]) => name === 'q') ?? [];
  const number = Number(weight === '' ? NaN : weight);
  // Who writes no number wants the type all the same.
  return [{ name: type.name, weight: Number.isNaN(number) ? 1 : Math.min(number, 1), position }];
}

function exactnessOf(range: string, type: string): number {
  if (range === type) return 3;
  if (range === `${type.split('/', 1)[0] ?? ''}/*`) return 2;
  return range === '*/*' ? 1 : 0;
}

/** The type that is wanted most; the first of those that are wanted alike. */
function preferred<Type>(
  wishes: readonly Wish<Type>[],
  compare: (a: Wish<Type>, b: Wish<Type>) => number = () => 0,
): Wish<Type> | undefined {
  return [...wishes].sort((a, b) => b.weight - a.weight || b.exactness - a.exactness || compare(a, b))[0];
}
