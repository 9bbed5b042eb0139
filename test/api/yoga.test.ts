import { expect, test } from '@jest/globals';
import { createYoga, type Plugin } from 'graphql-yoga';
import { readConfig } from '../../src/config.js';
import { createLog } from '../../src/http/log.js';
import { createPipeline } from '../../src/http/pipeline.js';
import { yogaOptions } from '../../src/http/yoga.js';
import { schema } from '../../src/schema/schema.js';

// Yoga's plugins see only what does not take the fast path. Each one that has hooks stands here with where the same
// is done for the requests that it does not see. Whoever adds one finds it missing, and has to say so here.
const known: readonly (readonly [hooks: string, counterpart: string])[] = [
  ['onExecute onParse onSubscribe onValidate', "Yoga's engine; replaced by usePipeline"],
  ['onPluginInit', "Yoga's schema; http/graphql.ts gives the same one"],
  ['onContextBuilding', 'openContext, which the fast path calls itself'],
  ['onRequest', "Yoga's health check; http/server.ts answers /health"],
  ['onRequestParse', 'of GET; never on the fast path'],
  ['onRequestParse', 'of JSON; isPlain in http/fast-path.ts'],
  ['onRequestParse', 'of application/graphql; refused by http/preconditions.ts'],
  ['onRequestParse', 'of forms; refused by http/preconditions.ts'],
  ['onResultProcess onSubscribe', "Yoga's forms of an answer; mediaTypeFor and send in http/fast-path.ts"],
  ['onExecute onParse onSubscribe onValidate', 'usePipeline; the fast path calls the pipeline itself'],
  ['onRequestParse', 'useCheckedParameters; isPlain leaves such requests to Yoga'],
  ['onResultProcess', 'useErrorGate; the fast path calls pipeline.gate'],
  ['onResultProcess', 'useMultipartStream; streams are never on the fast path'],
  ['onResponse onResultProcess onSubscribe', 'useEventStream; streams are never on the fast path'],
  ['onPluginInit', 'the plugin of this test'],
  ['onRequestParse', "Yoga's limit of batches; isPlain leaves lists to Yoga"],
  ['onParams', "Yoga's check of parameters; isPlain"],
  ['onRequest', "Yoga's answer to other paths; http/server.ts"],
  ['onRequestParse', "Yoga's check of methods; only POST is on the fast path"],
  ['onParse', 'no mutation in a GET; only POST is on the fast path'],
  ['onValidate', "Yoga's status of validation errors; what is not valid is left to Yoga"],
];

test('Yoga has no plugin without a counterpart on the fast path', () => {
  const pipeline = createPipeline(schema, readConfig({}).limits, createLog('silent'));
  const options = yogaOptions(pipeline, () => {
    throw new Error('No request is made.');
  });
  let hooks: string[] = [];
  const plugin: Plugin = {
    onPluginInit({ plugins }) {
      hooks = plugins.map((each) => Object.keys(each).sort().join(' ')).filter((names) => names !== '');
    },
  };
  createYoga({ ...options, plugins: [...(options.plugins ?? []), plugin] });
  expect(hooks).toEqual(known.map(([names]) => names));
});
