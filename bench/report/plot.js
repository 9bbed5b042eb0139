import { contenders } from '../contenders/contenders.js';
import { operations } from '../operations.js';
import { median, series } from './statistics.js';

const size = { width: 900, label: 270, value: 90, bar: 18, gap: 6, title: 44, margin: 16 };
const colours = { limit: '#9aa0a6', chatledger: '#1a73e8', control: '#8ab4f8' };

/** Bars of requests per second, one panel for each operation; the thin line goes from the least to the greatest round. */
export function toSvg(results) {
  let top = size.margin;
  const panels = results.operations.map((operation) => {
    const panel = drawPanel(results, operation, top);
    top += size.title + results.contenders.length * (size.bar + size.gap) + size.margin;
    return panel;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${top}" viewBox="0 0 ${size.width} ${top}" font-family="sans-serif" font-size="13">
<title>Requests per second</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${panels.join('\n')}
</svg>
`;
}

function drawPanel(results, operation, top) {
  const all = results.contenders.map((name) => ({ name, rates: series(results, name, operation, 'rate') }));
  const greatest = Math.max(...all.flatMap(({ rates }) => rates));
  const scale = (size.width - size.label - size.value) / greatest;
  const bars = all.map(({ name, rates }, n) => {
    const y = top + size.title - 12 + n * (size.bar + size.gap);
    const at = (rate) => (size.label + rate * scale).toFixed(1);
    const middle = y + size.bar / 2;
    const rate = median(rates);
    return `<text x="${size.label - 8}" y="${y + 13}" text-anchor="end" fill="#202124">${escape(contenders[name].title)}</text>
<rect x="${size.label}" y="${y}" width="${(rate * scale).toFixed(1)}" height="${size.bar}" fill="${colours[name] ?? '#c58af9'}"/>
<line x1="${at(Math.min(...rates))}" x2="${at(Math.max(...rates))}" y1="${middle}" y2="${middle}" stroke="#202124"/>
<text x="${(Number(at(Math.max(...rates))) + 6).toFixed(1)}" y="${y + 13}" fill="#202124">${Math.round(rate).toLocaleString('en')}</text>`;
  });
  return `<text x="${size.margin}" y="${top + 18}" font-weight="bold" fill="#202124">${operation}: ${escape(operations[operation].title)}, requests/s</text>
${bars.join('\n')}`;
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
