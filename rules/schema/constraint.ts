import { describe } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { refusalsOf } from '../../src/rule/schema/constraints.ts';
import { pathInWords } from '../../src/schema/violation.ts';

export default defineRule({
  id: 'schema/constraint',
  severity: 'error',
  istio: 'all',
  summary: 'The values of Istio objects are such as the API server and the webhook of istiod take.',
  why: 'The whole object is refused when it is applied: the cluster goes on with the last version of it, or without it, while the files say otherwise.',
  fix: 'Change the value as the message says; `istioctl validate -f` of the version in use tells the same.',
  reads: ['Istio kinds', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { refused: '{cluster}: {object} is refused: {key} {problem}{suffix}' },
  check(mesh, report) {
    for (const { member, resource, at, path, problem, severity, suffix } of refusalsOf(mesh))
      report(
        'refused',
        { at, cluster: member.name, resource, severity },
        { cluster: member.name, object: describe(resource), key: pathInWords(path), problem, suffix },
      );
  },
});
