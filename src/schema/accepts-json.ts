/**
 * The mark that an executor sets in each `info` when it writes its answer as text, in which a value may stand as the
 * JSON that it came as (`JsonText`). graphql-js does not set it.
 */
export const acceptsJson: unique symbol = Symbol('acceptsJson');

declare module 'graphql' {
  interface GraphQLResolveInfo {
    readonly [acceptsJson]?: true;
  }
}
