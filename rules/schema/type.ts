import { defineRule } from '../../src/rule/define.ts';
import { isSubsetLabel, valueInWords } from '../../src/rule/schema/hints.ts';
import type { Found } from '../../src/rule/schema/problems.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';

export default defineRule({
  id: 'schema/type',
  severity: 'error',
  istio: 'all',
  summary: 'Fields of Istio objects, mesh configs and values have values of their types.',
  why: 'The API server refuses the whole object, istiod the whole mesh config: the cluster goes on with the last version of it, or without it.',
  fix: 'Write a value of the type that the field has; text that YAML reads as a number or as true goes into quotes.',
  reads: ['Istio kinds', 'Gateway API kinds', 'meshConfig', 'meshNetworks', 'IstioOperator', 'values', 'istioVersion'],
  aliases: ['IST0106'],
  messages: { wrong: '{cluster}: {object} has {value} at {path}, where {wanted} belongs{hint}' },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'type')) {
      // config/ambiguous-scalar tells of labels that are no text.
      if (isSubsetLabel(found)) continue;
      report(
        'wrong',
        { ...whereOf(found, 'error'), refuses: [found.at] },
        {
          cluster: found.member.name,
          object: found.what,
          value: valueInWords(found.value),
          path: found.path,
          wanted: found.problem.wanted[0] ?? '',
          hint: quotesHint(found),
        },
      );
    }
  },
});

/** What YAML reads as a number or as true is text in quotes. The Sail operator wants another text for a version. */
const quotesHint = ({ key, value, problem: { isUnquoted, name } }: Found): string =>
  isUnquoted === true && !(name === 'version' && key?.startsWith('sailoperator.io/') === true)
    ? `: write it in quotes ("${String(value)}")`
    : '';
