import type { ErrorCode } from '../errors.js';
import { builder } from './builder.js';

/** The interface of everything that has an id of its own. */
export const Node = builder.interfaceRef<{ id: string }>('Node').implement({
  description: 'An object with an id, which `node` finds.',
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'A UUID. Ids of messages are unique within their session.',
    }),
  }),
});

/** The interface of all expected failures. */
export const ErrorInterface = builder.interfaceRef<{ message: string; code: ErrorCode }>('Error').implement({
  description: 'An expected failure of a mutation.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What went wrong, for people.' }),
    code: t.exposeString('code', {
      description: 'What went wrong, for programs: one of a closed list of codes.',
    }),
  }),
});
