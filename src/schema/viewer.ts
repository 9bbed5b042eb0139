import type { Viewer as ViewerShape } from '../auth/viewer.js';
import { builder } from './builder.js';

const ViewerKind = builder.enumType('ViewerKind', {
  description: 'In what role somebody asks.',
  values: {
    USER: { value: 'user', description: 'A person, who sees and changes only its own sessions.' },
    SERVICE: { value: 'service', description: 'A worker, which acts for any user.' },
  } as const,
});

const Viewer = builder.objectRef<ViewerShape>('Viewer').implement({
  description: 'Who is asking.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ViewerKind, description: 'In what role.' }),
    userId: t.id({
      nullable: true,
      description: 'The user. Null for a service.',
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
    description: 'Who is asking, as the server understood the request.',
    resolve: (_query, _args, { ledger }) => ledger.viewer,
  }),
);
