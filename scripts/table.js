/**
 * A table in Markdown, spaced as Prettier does it.
 *
 * @param head names of the columns
 * @param texts how many of them hold text; the others hold numbers and stand at the right
 */
export function table(head, rows, texts = 1) {
  const widths = head.map((_, n) => Math.max(3, ...[head, ...rows].map((row) => row[n].length)));
  const pad = (cell, n) => (n < texts ? cell.padEnd(widths[n]) : cell.padStart(widths[n]));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const rule = widths.map((width, n) => (n < texts ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(head.map(pad)), line(rule), ...rows.map((row) => line(row.map(pad)))].join('\n');
}
