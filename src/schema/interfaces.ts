import type { ErrorCode } from '../errors.js';
import { builder } from './builder.js';

/** The interface of everything that has an id of its own. */
export const Node = builder.interfaceRef<{ id: string }>('Node').implement({
  description: 'Something with an id of its own, by which `node` finds it.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'A UUID. Sessions and messages do not share one, so it is enough to find either.',
    }),
  }),
});

/** The interface of all expected failures. */
export const ErrorInterface = builder.interfaceRef<{ message: string; code: ErrorCode }>('Error').implement({
  description: 'An expected failure of a mutation.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What went wrong, for people to read.' }),
    code: t.exposeString('code', {
      description: 'What went wrong, for programs: a word of the closed list of codes.',
    }),
  }),
});
