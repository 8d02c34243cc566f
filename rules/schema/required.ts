import { defineRule } from '../../src/rule/define.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/required',
  severity: 'error',
  istio: 'all',
  summary: 'Objects of Istio have the fields without which they are refused.',
  why: 'The API server refuses the whole object: the cluster goes on with the last version of it, or without it.',
  fix: 'Add the field.',
  reads: ['Istio kinds', 'Gateway API kinds', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { missing: '{cluster}: {object} lacks {field}{path}' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'required'))
      report('missing', whereOf(found, 'error'), {
        cluster: found.member.name,
        object: found.what,
        field: found.problem.name,
        path: found.path === '' ? '' : ` in ${found.path}`,
      });
  },
});
