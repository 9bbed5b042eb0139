import { chatledger } from './chatledger.js';
import { jit } from './jit.js';
import { limit } from './limit.js';
import { mercurius } from './mercurius.js';
import { mercuriusEqual } from './mercurius-equal.js';
import { postgraphile } from './postgraphile.js';
import { yogaPrisma } from './yoga-prisma.js';

/**
 * All that are measured, by the names that `--only` takes. `control` is Chatledger a second time: what lies between the
 * two is the noise of the machine.
 *
 * - `title`, `node`, `script`: what it is, and how it is started; `missing`: why it can't be; `flags`: for Node; `ready`: what it
 *   writes to standard error when all of its processes listen
 * - `storesHash`: of each message, by which a retry is known
 * - `isExperiment`: it runs only when it is named
 * - `environment(databaseUrl, port)`: variables of its process
 * - `request(operation, parameters)`: path, headers and body (an object) of the request
 * - `answer[operation](data)`: what it answered, in the form that all share; `isBare`: it answers without `data`
 *   around it, because it speaks no GraphQL
 */
export const contenders = {
  limit,
  chatledger,
  control: { ...chatledger, title: 'Chatledger again (A/A control)' },
  mercurius,
  'mercurius-equal': mercuriusEqual,
  postgraphile,
  'yoga-prisma': yogaPrisma,
  jit,
};
