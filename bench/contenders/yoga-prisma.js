import { bench } from '../settings.js';
import { plainGraphql } from './plain-graphql.js';
import { servedHere } from './served-here.js';

export const yogaPrisma = {
  title: 'Yoga + Pothos + Prisma',
  node: process.execPath,
  script: `${bench}contenders/servers/yoga-prisma.js`,
  environment: servedHere,
  ...plainGraphql,
};
