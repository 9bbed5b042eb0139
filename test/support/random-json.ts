import type { Random } from './chaos/random.js';
import { hostileNames } from './hostile-names.js';

/** A JSON object that is made up, with a value somewhere inside it. */
export interface JsonAround {
  readonly json: object;
  /** Where the value stands. */
  readonly path: readonly (string | number)[];
}

/** @param value anything that may stand in JSON, or a mark for what may not */
export function jsonAround(value: unknown, random: Random): JsonAround {
  let json = value;
  const path: (string | number)[] = [];
  for (let levels = random.between(1, 5); levels > 0; levels -= 1) {
    if (levels > 1 && random.chance(0.4)) {
      const index = random.between(0, 3);
      json = [...Array.from({ length: index }, () => anyJson(random)), json, anyJson(random)];
      path.unshift(index);
    } else {
      const key = random.pick(hostileNames);
      const others = Array.from({ length: random.between(0, 3) }, () => random.pick(hostileNames));
      const entries = [...new Set([...others, key])].map((name) => [name, anyJson(random)] as const);
      // In this way a key may be called __proto__.
      json = Object.fromEntries(entries.map(([name, other]) => [name, name === key ? json : other]));
      path.unshift(key);
    }
  }
  return { json: json as object, path };
}

function anyJson(random: Random): unknown {
  return random.pick([
    null,
    true,
    false,
    0,
    -1.5,
    1e300,
    '',
    'FOO',
    random.text(0, 5),
    [],
    {},
    [null],
    { a: {} },
  ]);
}
