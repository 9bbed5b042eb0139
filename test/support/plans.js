// How PostgreSQL answers a statement: used by tests here, and by the measurements of bench/growth.

/** All ways in which statements come to be planned, each with what makes the tables so beforehand. */
export const planCases = [
  // Tables as they are after a restore.
  ['without statistics', 'force_custom_plan', 'SELECT'],
  ['without statistics', 'force_generic_plan', 'SELECT'],
  ['with statistics', 'force_custom_plan', 'ANALYZE'],
  ['with statistics', 'force_generic_plan', 'ANALYZE'],
];

/**
 * Runs a statement as a prepared one and tells how it was answered. What it writes is rolled back.
 *
 * @param client a connection of pg that nobody else uses meanwhile
 * @param mode plan_cache_mode: `force_custom_plan` or `force_generic_plan`
 */
export async function explain(client, mode, { text, values }) {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL plan_cache_mode = ${mode}`);
    await forgetAppended(client, text, values);
    await client.query(`PREPARE explained AS ${text}`);
    const literals = values.map((value) => literal(client, value)).join(', ');
    const { rows } = await client.query(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE explained${literals && `(${literals})`}`,
    );
    const plan = rows[0]['QUERY PLAN'][0].Plan;
    return { scans: scansIn(plan), buffers: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'] };
  } finally {
    await client.query('ROLLBACK');
    await client.query('DEALLOCATE ALL');
  }
}

/** An append has been made before it is explained: what it stored under its ids would stand in its own way. */
async function forgetAppended(client, text, values) {
  if (!text.includes('INSERT INTO "ChatMessage"')) return;
  const ids = JSON.stringify(values).match(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/gi) ?? [];
  await client.query('DELETE FROM "ChatMessage" WHERE id = ANY($1::uuid[])', [ids]);
}

/** A value as pg would send it. */
function literal(client, value) {
  if (value == null) return 'NULL';
  if (value instanceof Date) return client.escapeLiteral(value.toISOString());
  if (Array.isArray(value)) return client.escapeLiteral(`{${value.map(item).join()}}`);
  return client.escapeLiteral(String(value));
}

function item(value) {
  return value == null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Rows of a step are those of one loop, as a mean. */
function scansIn(plan) {
  const beneath = (plan.Plans ?? []).flatMap(scansIn);
  const index = plan['Index Name'];
  const table = plan['Relation Name'] ?? index?.replace(/_.*/, '');
  if (table === undefined || !plan['Node Type'].endsWith('Scan')) return beneath;
  const removed = (plan['Rows Removed by Filter'] ?? 0) + (plan['Rows Removed by Index Recheck'] ?? 0);
  const rows = Math.round((plan['Actual Rows'] + removed) * plan['Actual Loops']);
  return [{ node: plan['Node Type'], table, index, rows }, ...beneath];
}

/** Whether a statement is one that the server sends from time to time, whether or not anybody asks it for something. */
export function isOfSweeper(text) {
  return /ChatMessageStream\.findMany'|^DELETE FROM .*"deletedAt" </.test(text);
}
