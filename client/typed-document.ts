/** What carries the types of an operation, as `@graphql-typed-document-node/core` has it. That package brings graphql. */
export interface DocumentTypeDecoration<Data, Variables> {
  /** Never there. */
  __apiType?: (variables: Variables) => Data;
}

/* eslint-disable @typescript-eslint/no-explicit-any -- `kind` is a member of an enumeration that only graphql has. */
/** A syntax tree that knows the types of its operation. Apollo and urql take it for a `DocumentNode` of their graphql. */
export interface TypedDocumentNode<Data, Variables> extends DocumentTypeDecoration<Data, Variables> {
  readonly kind: any;
  readonly definitions: readonly any[];
  readonly loc?: any;
}
