import { minorsInWords } from '../../src/facts/minors.ts';
import { describe, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { apisOf, isToldAsTooNew, unservedGroups } from '../../src/rule/schema/kinds.ts';
import { problemsOf, whereOf } from '../../src/rule/schema/problems.ts';
import { inWords, someInWords } from '../../src/rule/scope.ts';
import { NEWEST } from '../../src/schema/structural.ts';

export default defineRule({
  id: 'schema/not-yet-in',
  severity: 'warning',
  istio: 'all',
  summary: 'Kinds, API versions, fields and values are known to the Istio of the cluster.',
  why: 'What a later release brought is refused or dropped by an older one: the same manifest means something else in each cluster.',
  fix: 'Write it in the way that this Istio knows, or update Istio in that cluster first.',
  reads: ['Istio kinds', 'meshConfig', 'IstioOperator', 'istioVersion'],
  messages: {
    field: '{object} sets {path}{value}, known from {since} on; {cluster} has {version}',
    kind: '{objects} {are} in {api}, which is served from Istio 1.{since} on; {cluster} has {version}',
  },
  check(mesh, report) {
    for (const found of problemsOf(mesh, 'not-yet-in')) {
      const { member, what, problem, path, minors, shared } = found;
      report('field', whereOf(found, shared ? 'info' : 'warning'), {
        object: what,
        path,
        value: problem.path.at(-1) === problem.name ? '' : ` to ${problem.name}`,
        since: sinceInWords(problem.minor ?? 0),
        cluster: member.name,
        version: minorsInWords(minors),
      });
    }
    for (const group of unservedGroups(mesh, 'since', (one) => !isToldAsTooNew(mesh, one))) {
      const { member, objects, minors, minor, partly } = group;
      const [first, ...others] = objects;
      report(
        'kind',
        {
          at: placeIn(first, 'apiVersion'),
          cluster: member.name,
          resource: first,
          severity: partly || first.shared ? 'info' : 'warning',
          also: others.slice(0, 3).map((object) => ({
            place: placeIn(object, 'apiVersion'),
            cluster: member.name,
            message: describe(object),
          })),
        },
        {
          objects: someInWords(objects.map(describe), 3),
          are: objects.length === 1 ? 'is' : 'are',
          api: inWords(apisOf(objects)),
          since: minor,
          cluster: member.name,
          version: minorsInWords(minors),
        },
      );
    }
  },
});

const sinceInWords = (minor: number): string =>
  minor > NEWEST ? `a release after Istio 1.${NEWEST}` : `Istio 1.${minor}`;
