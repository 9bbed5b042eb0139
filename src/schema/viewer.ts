import type { Viewer as ViewerShape } from '../auth/viewer.js';
import { builder } from './builder.js';

const ViewerKind = builder.enumType('ViewerKind', {
  description: 'The role of a caller.',
  values: {
    USER: { value: 'user', description: 'A user, who sees and changes only their own sessions.' },
    SERVICE: { value: 'service', description: 'A service, which acts for any user.' },
  } as const,
});

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'The authenticated caller.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ViewerKind, description: 'The role of the caller.' }),
    userId: t.id({
      nullable: true,
      description: 'Id of the user. Null for a service.',
      resolve: (viewer) => (viewer.kind === 'user' ? viewer.userId : null),
    }),
    name: t.string({
      nullable: true,
      description: "The name of the service's key. Null for a user.",
      resolve: (viewer) => (viewer.kind === 'service' ? viewer.name : null),
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    description: 'The authenticated caller of this request.',
    resolve: (_query, _args, { ledger }) => ledger.viewer,
  }),
);
