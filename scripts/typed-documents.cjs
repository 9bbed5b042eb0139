// Code generator of the SDK: typed-document-node, with types of the SDK in place of those of a package that brings graphql.
// CommonJS, as graphql-codegen loads plugins.
const { plugin } = require('@graphql-codegen/typed-document-node');

exports.plugin = async (schema, documents, config) => {
  const { prepend, content } = await plugin(schema, documents, config);
  const own = (line) => line.replace('@graphql-typed-document-node/core', '../typed-document.js');
  return { prepend: prepend.map(own), content };
};
