import { createRequire } from 'node:module';

// All else is Chatledger's own.
export * from '@chatledger/text-executor';

// As CommonJS, so that `register.js` decides which `graphql` it gets.
const { compileQuery, isCompiledQuery } = createRequire(import.meta.url)('graphql-jit');

/** In the place of Chatledger's own executor, with graphql-jit. The bytes of answers are not counted. */
export function createTextExecutor(schema, { fallback }) {
  const documents = new WeakMap();

  function compiledOf({ document, operationName }) {
    let operations = documents.get(document);
    if (!operations) documents.set(document, (operations = new Map()));
    let compiled = operations.get(operationName);
    if (!compiled) {
      compiled = compileQuery(schema, document, operationName ?? undefined, { customJSONSerializer: true });
      operations.set(operationName, compiled);
    }
    return compiled;
  }

  return async (args) => {
    const compiled = compiledOf(args);
    if (!isCompiledQuery(compiled)) {
      const { data, errors = [] } = await fallback(args);
      return { data: data === undefined ? undefined : JSON.stringify(data), errors };
    }
    const { data, errors = [] } = await compiled.query(
      args.rootValue,
      args.contextValue,
      args.variableValues ?? {},
    );
    if (data === undefined) return { data, errors };
    // It writes whole results, `{"data":...}`.
    const text = errors.length > 0 ? JSON.stringify({ data }) : compiled.stringify({ data });
    return { data: text.slice('{"data":'.length, -1), errors };
  };
}
