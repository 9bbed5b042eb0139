// A process of its own that opens the embedded database and tells what happens to it, one JSON value a line.
// It closes on the line "close", and when its parent is gone.
import { createInterface } from 'node:readline';
import { openEmbeddedDatabase } from '@chatledger/embedded-database';

const { packageEntry, ...options } = JSON.parse(process.argv[2]);
const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);

try {
  const database = await openEmbeddedDatabase({
    name: 'chatledger',
    ...options,
    ...(packageEntry === undefined ? {} : { resolvePackage: () => packageEntry }),
    say: (line) => tell({ said: line }),
  });
  tell({ url: database.url, directory: database.directory });
  const lines = createInterface({ input: process.stdin });
  lines.on('line', () => lines.close());
  lines.on('close', async () => {
    await database.close();
    tell({ closed: true });
    process.stdin.destroy();
  });
} catch (error) {
  tell({ trouble: error.trouble ?? error.name, message: error.message });
}
