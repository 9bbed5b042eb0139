// Micro-benchmarks of single pieces. Prints their tables; BENCH_ROUNDS and BENCH_SECONDS hold here too.
import { measureAppends } from './append.js';
import { openMicroDatabase } from './database.js';
import { measureFanOut } from './fan-out.js';
import { measureWindows } from './windows.js';

const all = { append: measureAppends, windows: measureWindows, 'fan-out': measureFanOut };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(all);
const unknown = wanted.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}, only ${Object.keys(all).join(', ')}.`);

const database = await openMicroDatabase();
try {
  for (const name of wanted) for (const report of await all[name](database)) console.log(`${report}\n`);
} finally {
  await database.close();
}
