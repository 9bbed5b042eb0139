const replaced = new URL('../../../../dist/http/write/create-writer.js', import.meta.url).href;
const replacement = new URL('./create-writer.js', import.meta.url).href;

/** A hook of Node's module loader. */
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  return found.url === replaced ? { ...found, url: replacement } : found;
}
