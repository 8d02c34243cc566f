import { defineRule } from '../../src/rule/define.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'schema/one-of',
  severity: 'error',
  istio: 'all',
  summary: 'Of fields that exclude each other at most one is set.',
  why: 'The API server or the webhook of istiod refuses the whole object: the cluster goes on with the last version of it, or without it.',
  fix: 'Keep the one field that is meant and remove the others.',
  reads: ['Istio kinds', 'meshConfig', 'meshNetworks', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { several: '{cluster}: {object} sets {fields} in {path}, which exclude each other' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'one-of'))
      report('several', whereOf(found, 'error'), {
        cluster: found.member.name,
        object: found.what,
        fields: inWords(found.problem.wanted),
        path: found.path === '' ? 'one map' : found.path,
      });
  },
});
