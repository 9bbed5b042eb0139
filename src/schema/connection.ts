import type { ArgBuilder, ObjectRef } from '@pothos/core';
import type { List, PageSides } from '../ledger/lists.js';
import { builder, type BuilderTypes } from './builder.js';
import { readsByItself } from './size.js';

const PageInfo = builder.objectRef<PageSides>('PageInfo').implement({
  description: 'The position of a page in its list.',
  fields: (t) => ({
    hasNextPage: t.boolean({
      description: 'Whether there are nodes after the page.',
      resolve: (page) => page.hasNextPage(),
    }),
    hasPreviousPage: t.boolean({
      description: 'Whether there are nodes before the page.',
      resolve: (page) => page.hasPreviousPage(),
    }),
    startCursor: t.string({
      nullable: true,
      description: 'Cursor of the first node. Null when the page is empty.',
      resolve: (page) => page.startCursor(),
    }),
    endCursor: t.string({
      nullable: true,
      description: 'Cursor of the last node. Null when the page is empty.',
      resolve: (page) => page.endCursor(),
    }),
  }),
});

/** The type of a connection and of its edges. Each of its fields costs what it reads, and only when it is selected. */
export function connectionType<Row extends object>(
  name: string,
  node: ObjectRef<BuilderTypes, Row>,
  order: string,
): ObjectRef<BuilderTypes, List<Row>> {
  const edge = builder.objectRef<{ node: Row; list: List<Row> }>(`${name}Edge`).implement({
    description: `A ${name} in a list, with its cursor.`,
    fields: (t) => ({
      cursor: t.string({
        description: 'Position of the node in the list. It stays valid when the node is deleted.',
        resolve: ({ node: row, list }) => list.cursorOf(row),
      }),
      // TypeScript can't see that a row of type Row is a value for a reference to Row while Row is open.
      node: t.field({
        type: node,
        description: 'The node.',
        resolve: ({ node: row }) => row as never,
      }),
    }),
  });
  return builder.objectRef<List<Row>>(`${name}Connection`).implement({
    description: `A page of a list, ${order}.`,
    fields: (t) => ({
      nodes: t.field({
        type: [node],
        description: 'The nodes of the page.',
        resolve: async (list) => {
          const { rows, json } = await list.page();
          return (json ?? [...rows]) as never[];
        },
      }),
      edges: t.field({
        type: [edge],
        description: 'The nodes of the page with their cursors.',
        resolve: async (list) => (await list.page()).rows.map((row) => ({ node: row, list })),
      }),
      pageInfo: t.field({
        type: PageInfo,
        description: 'The position of the page in the list.',
        resolve: (list) => list,
      }),
      totalCount: t.int({
        description: 'How many nodes the whole list has.',
        extensions: readsByItself,
        resolve: (list) => list.totalCount(),
      }),
    }),
  });
}

/** The arguments of a connection. */
export function windowArguments(arg: ArgBuilder<BuilderTypes>, defaultPage: string) {
  return {
    first: arg.int({
      description: `Number of nodes from the start, or after \`after\`, 0 to 1,000. ${defaultPage}`,
    }),
    after: arg.string({ description: 'Only nodes after this cursor. An empty string is the start.' }),
    last: arg.int({ description: 'Number of nodes from the end, or before `before`, 0 to 1,000.' }),
    before: arg.string({ description: 'Only nodes before this cursor. An empty string is the end.' }),
  };
}
