import { median } from './statistics.js';

export const count = (value) => Math.round(value).toLocaleString('en');
const fixed = (value) => value.toFixed(2);

/** Ratios of the rounds: median, least and greatest. */
export function ratioCell(found) {
  return `${fixed(median(found))} (${fixed(Math.min(...found))} to ${fixed(Math.max(...found))})`;
}

/** What went wrong while it was measured: a paragraph for the report, or none. @param titleOf of a contender's name */
export function failures(cells, titleOf) {
  const found = cells
    .filter(({ failed, short }) => failed > 0 || short)
    .map(({ contender, operation, round, failed, short }) => {
      const what = [
        ...(failed > 0 ? [`${count(failed)} requests failed`] : []),
        ...(short ? ['answers were too short'] : []),
      ];
      return `- ${titleOf(contender)}, ${operation}, round ${round + 1}: ${what.join(', ')}`;
    });
  return found.length === 0 ? [] : [`Not everything was answered rightly:\n\n${found.join('\n')}`];
}
