/** How many times the buffers of the smallest size those of any other may be: indexes have some levels more. */
const growth = 3;

/**
 * What is wrong with the plans of a curve, in words: a table that is not read by an index, more rows than were asked
 * for, or buffers that grow with the size.
 */
export function judge({ title, operations }) {
  return operations.flatMap((operation) => {
    const name = `${title}, ${operation.title}`;
    return [
      ...operation.points.flatMap((point) =>
        judgePoint(`${name} at ${point.at.toLocaleString('en')}`, point),
      ),
      ...judgeGrowth(name, operation),
    ];
  });
}

function judgePoint(name, { plans, rows, most, scan = 'Index|Bitmap' }) {
  const wanted = new RegExp(`^(${scan})`);
  const withoutIndex = plans.flatMap(({ mode, scans }) =>
    scans
      .filter(({ node, table }) => Object.hasOwn(most, table) && !wanted.test(node))
      .map(({ node, table }) => `${name}: ${node} on ${table} (${mode})`),
  );
  const tooMany = Object.entries(rows)
    .filter(([table, count]) => count > most[table])
    .map(
      ([table, count]) => `${name}: ${count} rows of ${table} are read, ${most[table]} at most are wanted`,
    );
  return [...withoutIndex, ...tooMany];
}

/** Sizes that do not fill what is asked for are not compared. Buffers of a batch are those of each message. */
function judgeGrowth(name, { points, grows = false, isBatch = false }) {
  const comparable = points.filter(({ isShort }) => !isShort);
  const [smallest, ...others] = comparable.map(({ at, buffers }) => ({
    at,
    buffers: isBatch ? buffers / at : buffers,
  }));
  if (grows || smallest === undefined) return [];
  return others
    .filter(({ buffers }) => buffers > growth * smallest.buffers)
    .map(
      ({ at, buffers }) =>
        `${name}: ${buffers} buffers at ${at.toLocaleString('en')}, ${smallest.buffers} at ${smallest.at.toLocaleString('en')}`,
    );
}
