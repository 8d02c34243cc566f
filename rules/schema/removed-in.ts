import { minorsInWords } from '../../src/facts/minors.ts';
import { servedUntil } from '../../src/facts/servedApis.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { apisOf, unservedGroups } from '../../src/rule/schema/kinds.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'schema/removed-in',
  severity: 'warning',
  istio: 'all',
  summary: 'Kinds, fields and values still exist in the Istio of the cluster.',
  why: 'What a release has removed is refused or dropped: it has stopped to act, while the manifest still says it.',
  fix: 'Say it in the way that this Istio knows, or remove it.',
  reads: ['Istio kinds', 'meshConfig', 'IstioOperator', 'istioVersion'],
  messages: {
    field: '{object} sets {path}{value}, which Istio 1.{until} removed; {cluster} has {version}',
    kind: '{objects}: Istio 1.{until} removed the kind from {api}; {cluster} has {version}',
  },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'removed-in')) {
      const { member, what, problem, path, minors, shared } = found;
      report('field', whereOf(found, shared ? 'info' : 'warning'), {
        object: what,
        path,
        value: problem.path.at(-1) === problem.name ? '' : ` to ${problem.name}`,
        until: problem.minor ?? 0,
        cluster: member.name,
        version: minorsInWords(minors),
      });
    }
    // config/dead-setting tells of groups that are gone as a whole.
    const groups = unservedGroups(mesh, 'until', ({ resource, minors }) => {
      const until = servedUntil(resource.group);
      return until === undefined || minors.low <= until;
    });
    for (const { member, objects, minors, minor, partly } of groups) {
      const [first, ...others] = objects;
      report(
        'kind',
        {
          at: placeIn(first, 'kind'),
          cluster: member.name,
          resource: first,
          severity: partly || first.shared ? 'info' : 'warning',
          also: others.slice(0, 3).map((object) => ({
            place: placeIn(object, 'kind'),
            cluster: member.name,
            message: describe(object),
          })),
        },
        {
          objects: someInWords(objects.map(describe), 3),
          api: inWords(apisOf(objects)),
          until: minor,
          cluster: member.name,
          version: minorsInWords(minors),
        },
      );
    }
  },
});
