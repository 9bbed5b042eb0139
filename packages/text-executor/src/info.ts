/**
 * The mark that this executor sets in each `info`: the answer is written as text, in which a value may stand as the
 * JSON that it came as (see `jsonOf` in TextExecutorOptions). graphql-js does not set it.
 */
export const acceptsJson: unique symbol = Symbol('acceptsJson');

/**
 * The `extensions` of a field whose resolver takes `info`. Making one costs more than many a resolver does, so other
 * resolvers get an `info` that throws when it is read.
 */
export const needsInfo = { needsInfo: true } as const;

declare module 'graphql' {
  interface GraphQLResolveInfo {
    readonly [acceptsJson]?: true;
  }
}
