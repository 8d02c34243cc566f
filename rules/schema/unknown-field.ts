import { defineRule } from '../../src/rule/define.ts';
import { fieldHint } from '../../src/rule/schema/hints.ts';
import { apiOf, problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/unknown-field',
  severity: 'warning',
  istio: 'all',
  summary: 'Objects, mesh configs and values of Istio have no fields that no release knows.',
  why: 'The API server drops a field that the schema of its kind does not name, without a word (kubectl of 1.25 and newer refuses the object), and a chart reads no value by another name: what was written there is not in force.',
  fix: 'Write the field as the API has it, in the place where it belongs, or remove it.',
  reads: [
    'Istio kinds',
    'Gateway API kinds',
    'Sail operator kinds',
    'meshConfig',
    'meshNetworks',
    'IstioOperator',
    'values',
    'istioVersion',
  ],
  messages: { unknown: '{cluster}: {object} has the field {field}, which {api} does not know there{hint}' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'unknown-field'))
      report('unknown', whereOf(found, 'warning'), {
        cluster: found.member.name,
        object: found.what,
        field: found.problem.name,
        api: apiOf(found),
        hint: fieldHint(found),
      });
  },
});
