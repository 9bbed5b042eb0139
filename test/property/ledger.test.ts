import { inspect, isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { verifyLedger } from '../../src/data/verify/verify.js';
import { cipherFor, testCredentialsKey } from '../support/credentials.js';
import { useTestApp } from '../support/test-app.js';
import { Follower } from './followers.js';
import { findOrder, type Observed } from './linearize.js';
import { Model } from './model.js';
import { ann, firstMessage, operations, sessionNames, sharedName } from './operations.js';
import { agrees, type Held, type Name, type Operation } from './protocol.js';
import { Requests } from './requests.js';

// Made-up requests, one after the other and many at once, held against a model of the ledger (model.ts). Runs that fail
// are made smaller, and printed with their seed and path.
//
//   PROPERTY_RUNS=2000 npm test -- test/property       so many runs of each property, instead of what CI has time for
//   PROPERTY_SEED=1 PROPERTY_PATH=4:0 npm test -- ...  the run that was printed; without the path all runs of that seed
//
// A seed repeats the requests. It does not repeat the moments at which those at once are carried out.
const { PROPERTY_RUNS: chosenRuns, PROPERTY_SEED: seed, PROPERTY_PATH: path } = process.env;

const runs = (usual: number) => (chosenRuns ? Number(chosenRuns) : usual);
const repeating = { ...(seed ? { seed: Number(seed) } : {}), ...(path ? { path } : {}) };
/** Milliseconds in which a run that fails is made smaller. */
const patience = 60_000;
const timeoutOf = (usual: number) => runs(usual) * 1_000 + 2 * patience;

const app = useTestApp();

const [firstSession] = sessionNames;
const allNames: readonly Name[] = [...sessionNames, sharedName];
/** Who takes longer has failed, too. */
const lasting = (usual: number) => ({
  interruptAfterTimeLimit: timeoutOf(usual) - patience / 2,
  markInterruptAsFailure: true,
});

/** Nothing else of interest happens while there is no session. */
const beginning: Operation = { by: ann, what: 'create', session: firstSession, given: {} };
const answering: Operation = {
  by: ann,
  what: 'start',
  session: firstSession,
  id: firstMessage,
  name: null,
  content: 'x',
};

/** Sends a request when nobody else does, and holds its answer against the model. */
async function sendAlone(requests: Requests, model: Model, operation: Operation): Promise<void> {
  const answer = await requests.send(operation, offsetOf(model, operation));
  const expected = model.apply(operation);
  if (!agrees(expected, answer)) expect({ operation, answer }).toEqual({ operation, answer: expected });
}

async function readHeld(requests: Requests, name: Name): Promise<Held | null> {
  const found = await requests.read(name);
  if (!found) return null;
  const { owner, session, messages } = found;
  return { owner, session, messages };
}

const offsetOf = (model: Model, operation: Operation) =>
  operation.what === 'extend' ? model.lengthOf(operation.session, operation.message) : 0;

const alone = 30;
test(
  'requests one after the other are answered and stored as the model has it, and changes tell all of it',
  async () => {
    const polls = fc.array(
      fc.record({
        at: fc.nat(30),
        session: fc.constantFrom(...sessionNames),
        first: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(
        operations({ alone: true }, { maxLength: 30, size: 'max' }),
        polls,
        async (sequence, polling) => {
          const [requests, model] = [new Requests(app), new Model()];
          const followers: Follower[] = [];
          const times = new Map<Name, string>();
          for (const [index, operation] of [beginning, ...sequence].entries()) {
            const before = model.copy();
            await sendAlone(requests, model, operation);
            const isLast = index === sequence.length;
            for (const name of allNames) {
              const [was, expected] = [before.read(name), model.read(name)];
              const isTouched = 'message' in operation || operation.session === name;
              if (!isLast && (!isTouched || (was ?? expected) === null)) continue;
              const found = await requests.read(name);
              const { updatedAt = '', ...held } = found ?? {};
              expect({ operation, [name]: found && held }).toEqual({ operation, [name]: expected });
              // Time stands still when nothing changes, and never goes back.
              const changes = was?.session.revision !== expected?.session.revision;
              const earliest = (was && times.get(name)) ?? '';
              const isRight = changes ? updatedAt >= earliest : updatedAt === earliest;
              expect({ operation, earliest, updatedAt, isRight: isRight || !expected }).toMatchObject({
                isRight: true,
              });
              times.set(name, updatedAt);
            }
            for (const { session, first } of polling.filter(({ at }) => at === index)) {
              for (const follower of followers) await follower.poll(first);
              const follower = await Follower.begin(requests, ann, session);
              if (follower) followers.push(follower);
            }
          }
          for (const follower of followers) await follower.poll(1_000);
        },
      ),
      { ...repeating, numRuns: runs(alone), ...lasting(alone) },
    );
  },
  timeoutOf(alone),
);

const atOnce = 40;
test(
  'requests at once are answered and stored as in some order, and watchers are told all of it',
  async () => {
    const options = { alone: false };
    const lanes = fc.array(operations(options, { minLength: 1, maxLength: 3 }), {
      minLength: 2,
      maxLength: 6,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(operations(options, { maxLength: 6, size: 'max' }), lanes, async (before, lanes) => {
        const [requests, model] = [new Requests(app), new Model()];
        for (const operation of [beginning, answering, ...before])
          await sendAlone(requests, model, operation);

        const sendOne = async (operation: Operation): Promise<Observed> => {
          const sent = performance.now();
          const answer = await requests.send(operation);
          return { operation, answer, sent, answered: performance.now() };
        };
        const sendLane = async (lane: readonly Operation[]): Promise<Observed[]> => {
          const observed: Observed[] = [];
          for (const operation of lane) {
            // Where the text ended before all of this.
            const offset = offsetOf(model, operation);
            observed.push(await sendOne(operation.what === 'extend' ? { ...operation, offset } : operation));
          }
          return observed;
        };
        const sendAll = async () => (await Promise.all(lanes.map(sendLane))).flat();
        const follower = await Follower.begin(requests, ann, firstSession);
        const watching = await follower?.watch();
        const observed = await sendAll();

        const outcome = await Promise.all(allNames.map((name) => readHeld(requests, name)));
        const isOutcome = (end: Model) =>
          isDeepStrictEqual(
            allNames.map((name) => end.read(name)),
            outcome,
          );
        try {
          if (!findOrder(model, observed, isOutcome))
            throw new Error('There is no order that explains this.');
          await watching?.catchUp();
        } catch (error) {
          const shown = { before: model.toString(), observed, outcome };
          throw new Error(`${String(error)}\n${inspect(shown, { depth: 10 })}`, { cause: error });
        } finally {
          watching?.stop();
        }
      }),
      { ...repeating, numRuns: runs(atOnce), ...lasting(atOnce) },
    );
  },
  timeoutOf(atOnce),
);

test('verify finds no fault in what they have left', async () => {
  const { checks } = await verifyLedger(app.database.url, cipherFor(testCredentialsKey), 5);
  const isBad = (check: (typeof checks)[number]) =>
    check.error !== null || (check.severity === 'fault' && check.total > 0);
  expect(checks.filter(isBad)).toEqual([]);
});
