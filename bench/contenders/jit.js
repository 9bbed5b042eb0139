import { bench, root } from '../settings.js';
import { chatledger } from './chatledger.js';

/** Chatledger with graphql-jit in the place of its own executor, to compare the two behind the same server. */
export const jit = {
  ...chatledger,
  title: 'Chatledger with graphql-jit',
  flags: ['--import', `${bench}contenders/servers/jit/register.js`],
  script: `${root}dist/main.js`,
  isExperiment: true,
};
