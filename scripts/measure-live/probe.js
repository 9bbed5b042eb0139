// Loaded into a server that is being measured (node --import): counts its statements, and tells its parent what it
// costs whenever it is asked.
import pg from 'pg';

const statements = {};
const { query } = pg.Client.prototype;
pg.Client.prototype.query = function (...parameters) {
  const [first] = parameters;
  const text = typeof first === 'string' ? first : String(first?.text);
  const name = /^\/\* (\w+) \*\//.exec(text)?.[1] ?? text.slice(0, 30);
  statements[name] = (statements[name] ?? 0) + 1;
  return query.apply(this, parameters);
};

// What the collections cost that are made for measuring is not the work of the server.
let collecting = 0;

process.on('message', () => {
  const cpu = usedCpu() - collecting;
  // Twice: what the first one ends may let go of more.
  globalThis.gc();
  globalThis.gc();
  collecting = usedCpu() - cpu;
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send({ cpu, rss, heap: heapUsed + external, statements });
});
process.on('disconnect', () => process.exit());
process.channel.unref();

function usedCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
