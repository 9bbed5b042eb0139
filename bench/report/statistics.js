/** The middle one; of an even number the mean of the two in the middle. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)] : (sorted[half - 1] + sorted[half]) / 2;
}

/** One figure of a contender in an operation, by round. */
export function series({ cells }, contender, operation, figure) {
  return cells
    .filter((cell) => cell.contender === contender && cell.operation === operation)
    .sort((a, b) => a.round - b.round)
    .map((cell) => cell[figure]);
}

/** Requests per second of one contender over those of another in the same round, by round. */
export function ratios(results, contender, over, operation) {
  const divisors = series(results, over, operation, 'rate');
  return series(results, contender, operation, 'rate').map((rate, round) => rate / divisors[round]);
}

/** The least value that such a share of them does not exceed. */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(share * sorted.length) - 1];
}
