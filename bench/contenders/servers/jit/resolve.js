const replacement = new URL('./text-executor.js', import.meta.url).href;

/** A hook of Node's module loader: Chatledger gets another executor. */
export function resolve(specifier, context, next) {
  return specifier === '@chatledger/text-executor' && context.parentURL !== replacement
    ? { url: replacement, shortCircuit: true }
    : next(specifier, context);
}
