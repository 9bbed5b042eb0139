import type { Example } from './example.js';
import { live } from './live.js';
import { reading } from './reading.js';
import { writing } from './writing.js';

/**
 * The whole API in the order in which somebody would try it. Each runs as it is when those before it have run, and runs
 * again: ids of the caller make that safe. A user asks, who need not say whose sessions are meant.
 */
export const examples: readonly Example[] = [...writing, ...reading, ...live];
