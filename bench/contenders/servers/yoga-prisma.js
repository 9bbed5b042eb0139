// Yoga + Pothos + Prisma as their manuals show it: prismaObject, prismaField, relations with `take`, and a
// transaction around what belongs together.
import { createServer } from 'node:http';
import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import { getDatamodel } from '@pothos/plugin-prisma/generated';
import { PrismaPg } from '@prisma/adapter-pg';
import { createYoga } from 'graphql-yoga';
import { v7 } from 'uuid';
import { PrismaClient } from '../../generated/prisma/index.js';

const adapter = new PrismaPg({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL_SIZE),
});
const prisma = new PrismaClient({ adapter });
const builder = new SchemaBuilder({
  plugins: [PrismaPlugin],
  prisma: { client: prisma, dmmf: getDatamodel() },
});

builder.scalarType('JSON', { serialize: (value) => value, parseValue: (value) => value });
builder.scalarType('DateTime', { serialize: (value) => value.toISOString() });

builder.prismaObject('ChatMessage', {
  fields: (t) => ({
    id: t.exposeID('id'),
    sequence: t.exposeInt('sequence'),
    role: t.exposeString('role'),
    content: t.exposeString('content', { nullable: true }),
    toolCallId: t.exposeString('toolCallId', { nullable: true }),
    toolCalls: t.expose('toolCalls', { type: 'JSON', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
  }),
});

builder.prismaObject('ChatSession', {
  fields: (t) => ({
    id: t.exposeID('id'),
    title: t.exposeString('title', { nullable: true }),
    messageCount: t.exposeInt('messageCount'),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    messages: t.relation('messages', {
      args: { last: t.arg.int({ required: true }) },
      query: ({ last }) => ({ orderBy: { sequence: 'asc' }, take: -last }),
    }),
  }),
});

builder.queryType({
  fields: (t) => ({
    chatSession: t.prismaField({
      type: 'ChatSession',
      nullable: true,
      args: { id: t.arg.id({ required: true }) },
      resolve: (query, _, { id }, { userId }) =>
        prisma.chatSession.findUnique({ ...query, where: { id, userId } }),
    }),
    chatSessions: t.prismaField({
      type: ['ChatSession'],
      args: { first: t.arg.int({ required: true }) },
      resolve: (query, _, { first }, { userId }) =>
        prisma.chatSession.findMany({
          ...query,
          where: { userId },
          orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
          take: first,
        }),
    }),
    chatSessionCount: t.int({
      resolve: (_, __, { userId }) => prisma.chatSession.count({ where: { userId } }),
    }),
  }),
});

const ChatMessageInput = builder.inputType('ChatMessageInput', {
  fields: (t) => ({
    role: t.string({ required: true }),
    content: t.string(),
    toolCallId: t.string(),
    toolCalls: t.field({ type: 'JSON' }),
  }),
});

builder.mutationType({
  fields: (t) => ({
    appendChatMessage: t.prismaField({
      type: 'ChatMessage',
      nullable: true,
      args: {
        sessionId: t.arg.id({ required: true }),
        message: t.arg({ type: ChatMessageInput, required: true }),
      },
      resolve: (query, _, { sessionId, message }, { userId }) =>
        prisma.$transaction(async (transaction) => {
          const [data] = await place(transaction, userId, sessionId, [message]);
          return transaction.chatMessage.create({ ...query, data });
        }),
    }),
    appendChatMessages: t.prismaField({
      type: ['ChatMessage'],
      nullable: true,
      args: {
        sessionId: t.arg.id({ required: true }),
        messages: t.arg({ type: [ChatMessageInput], required: true }),
      },
      resolve: (query, _, { sessionId, messages }, { userId }) =>
        prisma.$transaction(async (transaction) => {
          const data = await place(transaction, userId, sessionId, messages);
          return transaction.chatMessage.createManyAndReturn({ ...query, data });
        }),
    }),
  }),
});

/** Moves the session's counters on, which locks its row, and gives the rows to be stored. */
async function place(transaction, userId, sessionId, messages) {
  const now = new Date();
  const session = await transaction.chatSession.update({
    where: { id: sessionId, userId },
    data: {
      nextSequence: { increment: messages.length },
      messageCount: { increment: messages.length },
      revision: { increment: 1 },
      updatedAt: now,
    },
    select: { nextSequence: true, revision: true },
  });
  const start = session.nextSequence - messages.length;
  const { revision } = session;
  return messages.map(({ toolCalls, ...message }, n) => ({
    ...message,
    toolCalls: toolCalls ?? undefined,
    id: v7(),
    sessionId,
    sequence: start + n,
    revision,
    appendedRevision: revision,
    createdAt: now,
    updatedAt: now,
  }));
}

const yoga = createYoga({
  schema: builder.toSchema(),
  context: ({ request }) => ({ userId: request.headers.get('x-user-id') }),
  logging: 'warn',
});
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1');
