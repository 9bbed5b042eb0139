import { subscribe, type DocumentNode, type ExecutionArgs, type ExecutionResult, type Source } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { addInputPaths } from './input-path.js';
import type { Pipeline } from './pipeline.js';

/** Has Yoga parse, validate and execute as the pipeline does. */
export function usePipeline(pipeline: Pipeline): Plugin {
  return {
    onParse({ setParseFn }) {
      setParseFn((source: string | Source) =>
        pipeline.parse(typeof source === 'string' ? source : source.body),
      );
    },
    onValidate({ setValidationFn }) {
      setValidationFn((_schema: unknown, document: DocumentNode) => pipeline.validate(document));
    },
    onExecute({ setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => pipeline.execute(args));
    },
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn(subscribe);
      return {
        onSubscribeResult({ result }: { result: AsyncIterable<unknown> | ExecutionResult }) {
          if (!isAsyncIterable(result) && result.errors) addInputPaths(args, result.errors);
        },
      };
    },
  };
}
