const size = { width: 900, panel: 430, plot: 170, left: 52, right: 40, line: 17, margin: 18 };
const colours = ['#1a73e8', '#d93025', '#188038', '#f29900', '#9334e6', '#5f6368'];

/** Medians by size, one panel for each curve with more than one size; both axes are logarithmic. */
export function toSvg({ curves, watchers }) {
  const panels = [
    ...curves.map(({ title, unit, operations }) => ({
      title: `${title}, ${unit}`,
      lines: operations.map((each) => ({
        title: each.title,
        points: each.points.map(({ at, median }) => [at, median]),
      })),
    })),
    ...(watchers ? [panelOfWatchers(watchers)] : []),
  ].filter(({ lines }) => lines[0].points.length > 1);
  const legend = Math.max(...panels.map(({ lines }) => lines.length));
  const height = 26 + legend * size.line + size.plot + 46;
  const drawn = panels.map((panel, n) => {
    const [x, y] = [
      size.margin + (n % 2) * (size.panel + size.margin),
      size.margin + Math.floor(n / 2) * height,
    ];
    return `<g transform="translate(${x} ${y})">\n${drawPanel(panel, legend)}\n</g>`;
  });
  const total = size.margin + Math.ceil(panels.length / 2) * height;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${total}" viewBox="0 0 ${size.width} ${total}" font-family="sans-serif" font-size="12">
<title>Milliseconds of a request by size</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`;
}

function panelOfWatchers({ apart, together }) {
  const line = (title, points, figure) => ({
    title,
    points: points.map((point) => [point.at, point[figure].median]),
  });
  return {
    title: 'The number of watchers',
    lines: [
      line('append beside idle watchers', apart, 'answered'),
      line('until its watcher has it', apart, 'arrived'),
      line('all on one session: until the last one has it', together, 'arrived'),
    ],
  };
}

function drawPanel({ title, lines }, legend) {
  const all = lines.flatMap(({ points }) => points);
  const across = scale(
    all.map(([at]) => at),
    size.left,
    size.panel - size.right,
  );
  const top = 26 + legend * size.line;
  const times = all.map(([, time]) => time);
  const decades = [Math.min(1, ...times), Math.max(10, ...times)].map(Math.log10);
  const from = 10 ** Math.floor(decades[0]);
  const to = 10 ** Math.ceil(decades[1]);
  const up = scale([from, to], top + size.plot, top);
  const ticks = [];
  for (let tick = from; tick <= to * 1.01; tick *= 10) ticks.push(tick);
  return [
    `<text x="0" y="14" font-weight="bold" fill="#202124">${title}, ms</text>`,
    ...ticks.map(
      (tick) =>
        `<line x1="${size.left}" x2="${size.panel - size.right}" y1="${up(tick)}" y2="${up(tick)}" stroke="#dadce0"/>
<text x="${size.left - 8}" y="${up(tick) + 4}" text-anchor="end" fill="#5f6368">${Number(tick.toPrecision(1))}</text>`,
    ),
    ...lines[0].points.map(
      ([at]) =>
        `<text x="${across(at)}" y="${top + size.plot + 18}" text-anchor="middle" fill="#5f6368">${at.toLocaleString('en')}</text>`,
    ),
    ...lines.map(({ title: name, points }, n) => {
      const colour = colours[n % colours.length];
      const places = points.map(([at, time]) => `${across(at)},${up(time)}`);
      return `<rect x="0" y="${23 + n * size.line}" width="10" height="10" fill="${colour}"/>
<text x="16" y="${32 + n * size.line}" fill="#202124">${name}</text>
<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>
${places.map((place) => `<circle cx="${place.replace(',', '" cy="')}" r="3" fill="${colour}"/>`).join('')}`;
    }),
  ].join('\n');
}

/** From the least of the values at `from` to the greatest at `to`, by their logarithms. */
function scale(values, from, to) {
  const [least, greatest] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  return (value) => Math.round(from + ((Math.log10(value) - least) / (greatest - least)) * (to - from));
}
