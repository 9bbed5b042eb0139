import type { DocumentNode, ExecutionArgs, Source } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import type { Asking, Pipeline } from './pipeline.js';
import type { RequestState } from './request.js';

/** Has Yoga parse, validate and run as the pipeline does. */
export function usePipeline(pipeline: Pipeline): Plugin<RequestState> {
  return {
    onParse({ context: { document }, setParseFn }) {
      setParseFn((source: string | Source) => {
        const text = typeof source === 'string' ? source : source.body;
        if (document.text !== text) return pipeline.parse(text);
        if (document.parsed) return document.parsed;
        throw document.refusal;
      });
    },
    onValidate({ setValidationFn }) {
      setValidationFn((_schema: unknown, document: DocumentNode) => pipeline.validate(document));
    },
    onExecute({ args: { contextValue }, setExecuteFn }) {
      setExecuteFn((args: ExecutionArgs) => pipeline.execute(args, askingOf(contextValue)));
    },
    onSubscribe({ args: { contextValue }, setSubscribeFn }) {
      setSubscribeFn((args: ExecutionArgs) => pipeline.subscribe(args, askingOf(contextValue)));
    },
  };
}

function askingOf({ viewer, badValue, params }: RequestState & { readonly params: GraphQLParams }): Asking {
  return { viewer, badValue, extensions: params.extensions };
}
