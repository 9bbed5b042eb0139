export { argumentReader, type ReadArguments } from './arguments.js';
export { createTextExecutor, type ExecuteAsText } from './executor.js';
export { acceptsJson, needsInfo } from './info.js';
export type { AnswerLimit, Fallback, JsonOf, TextExecutorOptions } from './options.js';
export type { TextResult } from './run.js';
export { createVariableCoercion, type CoerceVariables, type VariableOptions } from './variables.js';
