import { appendFile, readFile } from 'node:fs/promises';
import { expect } from '@jest/globals';
import { buildSchema } from 'graphql';
import { startsAttackedServer } from '../support/attacked-server.js';
import { Random } from '../support/chaos/random.js';
import { createClient } from '../support/client.js';
import { testCredentialsKey } from '../support/credentials.js';
import { atRest, testOnLinux, unitOfWork } from '../support/server-load.js';
import { newUser } from '../support/test-app.js';
import { createGenerator } from './costliest/generator.js';
import { createMeter, type Measured } from './costliest/meter.js';
import { createArchive, least, measures } from './costliest/archive.js';
import { bodyOf, describe as describeRequest, pickEarly } from './costliest/request.js';
import { createValues } from './costliest/values.js';
import { fillWorld } from './costliest/world.js';

/** How long it looks for costly requests: `COSTLIEST_SECONDS=600 npm test -- test/security/costliest` for more. */
const seconds = Number(process.env['COSTLIEST_SECONDS'] ?? 30);
/** What is found first depends on it, and on what was measured. */
const seed = Number(process.env['SEED'] ?? Date.now());

const attacked = startsAttackedServer({ CREDENTIALS_KEYS: testCredentialsKey });

/** Megabytes that a request may take. */
const megabytes = 64;

const lines = (values: readonly object[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

testOnLinux(
  'no request that a search finds costs more than a second of CPU time and 64 MB',
  async () => {
    // A quick machine takes 0.1 s for it.
    const second = Math.max(1, 10 * unitOfWork());
    const headers = { 'x-user-id': newUser() };
    const random = new Random(seed);
    const world = await fillWorld(createClient(attacked.process.url, headers));
    const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
    const generator = createGenerator(schema, createValues(world, random), random);
    const measure = createMeter(attacked.process, attacked.database.sql, headers);

    const found = createArchive();
    const end = performance.now() + 1_000 * seconds;
    let count = 0;
    while (performance.now() < end) {
      const isNew = found.all().length < 5 || random.chance(0.3);
      let request = isNew
        ? generator.create()
        : generator.change(
            pickEarly(random, found.by(random.pick(measures))).request,
            random.pick(found.all()).request,
          );
      let measured = await measure(bodyOf(request));
      count += 1;
      // Just below the limits is where the costliest are.
      for (let tries = 0; tries < 8 && measured.codes.includes('QUERY_TOO_COMPLEX'); tries += 1) {
        found.add({ request, measured });
        request = generator.shrink(request);
        measured = await measure(bodyOf(request));
        count += 1;
      }
      // What is left over from earlier requests is no cost of this one.
      if (found.isRecord(request, measured)) measured = least(measured, await measure(bodyOf(request)));
      found.add({ request, measured });
    }

    // What is left over from earlier requests, and what other programs do to the caches, is no cost of a request.
    const isTooMuch = ({ cpu, memory }: Measured) => cpu > second || memory > megabytes;
    const tooMuch: object[] = [];
    for (const one of found.all().filter(({ measured }) => isTooMuch(measured))) {
      for (let tries = 0; tries < 5 && isTooMuch(one.measured); tries += 1) {
        await atRest(attacked.process);
        one.measured = least(one.measured, await measure(bodyOf(one.request)));
      }
      if (isTooMuch(one.measured))
        tooMuch.push({ seed, ...one.measured, request: describeRequest(one.request) });
    }

    const rows = measures.flatMap((by) =>
      found
        .by(by)
        .slice(0, 20)
        .map(({ request, measured }) => ({ by, request: describeRequest(request), ...measured })),
    );
    const { COSTLIEST_REPORT: file, COSTLIEST_BODIES: bodies } = process.env;
    if (file) await appendFile(file, lines([{ seed, seconds, count }, ...rows]));
    if (bodies)
      await appendFile(
        bodies,
        lines(found.all().map((one) => ({ ...one.measured, body: bodyOf(one.request) }))),
      );
    expect(tooMuch).toEqual([]);
    expect(count).toBeGreaterThan(20);
  },
  1_000 * seconds + 240_000,
);
