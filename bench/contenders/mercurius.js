import { bench } from '../settings.js';
import { plainGraphql } from './plain-graphql.js';
import { servedHere } from './served-here.js';

export const mercurius = {
  title: 'Mercurius + jit + loaders on pg',
  node: process.execPath,
  script: `${bench}contenders/servers/mercurius.js`,
  environment: servedHere,
  ...plainGraphql,
};
