import SchemaBuilder from '@pothos/core';
import ErrorsPlugin from '@pothos/plugin-errors';
import PrismaPlugin from '@pothos/plugin-prisma';
import { GraphQLScalarType } from 'graphql';
import { DateTimeResolver } from 'graphql-scalars';
import type { JsonText, JsonValue, Timestamp } from '../data/row-values.js';
import type { ChatMessageRow, ChatSessionRow } from '../data/rows.js';
import type Models from '../data/generated/pothos-types.js';
import { getDatamodel } from '../data/generated/pothos-types.js';
import type { Context } from './context.js';
import { JSONObject } from './json-object.js';

/** The model with the rows that the statements give, instead of those that Prisma would. */
interface PrismaTypes extends Omit<Models, 'ChatSession' | 'ChatMessage'> {
  ChatSession: Omit<Models['ChatSession'], 'Shape'> & { Shape: ChatSessionRow };
  ChatMessage: Omit<Models['ChatMessage'], 'Shape'> & { Shape: ChatMessageRow };
}

interface SchemaTypes {
  Context: Context;
  DefaultFieldNullability: false;
  PrismaTypes: PrismaTypes;
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Timestamp };
    JSONObject: { Input: object; Output: JsonValue | JsonText };
  };
}

/** The types of the builder with Pothos' defaults filled in, for functions that take references or builders. */
export type BuilderTypes =
  typeof builder extends PothosSchemaTypes.SchemaBuilder<infer Types> ? Types : never;

/** The builder of the schema. It knows no types: each file of this folder adds its own. */
export const builder = new SchemaBuilder<SchemaTypes>({
  defaultFieldNullability: false,
  plugins: [ErrorsPlugin, PrismaPlugin],
  // Only the errors that a field lists become members of its union; whatever else is thrown goes to the gate.
  errors: { defaultTypes: [], directResult: true },
  prisma: {
    client: ({ ledger }) => ledger.database.prisma,
    dmmf: getDatamodel(),
    exposeDescriptions: true,
  },
});

const DateTime = new GraphQLScalarType<Date, Date>({
  ...DateTimeResolver.toConfig(),
  // Rows have times in just this form.
  extensions: { writeJson: (value: unknown) => (typeof value === 'string' ? `"${value}"` : undefined) },
});
builder.addScalarType('DateTime', DateTime, {
  description: 'A time in UTC with milliseconds, in the format of RFC 3339: 2007-12-03T10:15:30.000Z.',
});
builder.addScalarType('JSONObject', JSONObject, {
  description:
    "A JSON object. Its numbers are doubles; a number that a double can't hold, such as 2512292042121000001, is refused.",
});

builder.queryType({
  description: 'Operations that read data. Users see their own sessions, services all sessions.',
});
builder.subscriptionType({
  description:
    'Changes as they happen, or since a position that the client knows. Over server-sent events, multipart or WebSocket.',
});
builder.mutationType({
  description:
    'Operations that change data. Expected failures are members of the result unions; select `... on Error { message }`.',
});
