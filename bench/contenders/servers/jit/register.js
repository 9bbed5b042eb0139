// Has Chatledger load another executor. graphql-jit is to take the `graphql` that Chatledger has: its types are classes,
// and those of another copy are none to it.
import Module, { createRequire, register } from 'node:module';
import { bench, root } from '../../../settings.js';

register(new URL('./resolve.js', import.meta.url));

const resolveFilename = Module._resolveFilename;
const ofRoot = createRequire(`${root}package.json`);
Module._resolveFilename = function (name, parent, ...rest) {
  return /^graphql(\/|$)/.test(name) && parent?.filename?.startsWith(bench)
    ? ofRoot.resolve(name)
    : resolveFilename.call(this, name, parent, ...rest);
};
