import type { Path, Resource } from '../../src/model/index.ts';
import { compareText, get, isTemplate, list, placeIn, texts } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { knownNamespaces } from '../../src/rule/knownNamespaces.ts';
import { realmsOf } from '../../src/rule/scope.ts';
import { isMistyped } from '../../src/rule/slips.ts';

export default defineRule({
  id: 'policy/source-namespace-known',
  severity: 'warning',
  istio: '1.4+',
  summary: 'The namespaces that an AuthorizationPolicy names are there, in some cluster of the mesh.',
  why: 'A namespace that no cluster has admits (or keeps out) nobody. A typing error there closes a door to a caller, or leaves one open.',
  fix: 'Write the name of a namespace of the callers.',
  reads: ['AuthorizationPolicy', 'Namespace', 'workloads'],
  aliases: ['IST0101', 'KIA0101'],
  messages: {
    unknown:
      'AuthorizationPolicy {name} in {cluster} names namespace {namespace}, which no cluster of the mesh has{meant}',
  },
  check(mesh, report) {
    const known = knownNamespaces(mesh).names;
    if (known === undefined) return;
    for (const { config } of realmsOf(mesh))
      for (const policy of config.resources.ofKind('AuthorizationPolicy'))
        for (const { name, path } of namedIn(policy)) {
          if (name === '' || isTemplate(name) || [...known].some((held) => covers(name, held))) continue;
          const meant = [...known].toSorted(compareText).find((held) => isMistyped(name, held));
          report(
            'unknown',
            {
              at: placeIn(policy, ...path),
              cluster: config.name,
              resource: policy,
              // A pattern may be for namespaces to come.
              ...(name.includes('*') ? { severity: 'info' } : {}),
              // Kiali looks at `namespaces` alone.
              ...(path.includes('notNamespaces') ? { aliases: ['IST0101'] } : {}),
            },
            {
              name: `${policy.namespace}/${policy.name}`,
              cluster: config.name,
              namespace: name,
              meant: meant === undefined ? '' : ` (${meant} is there)`,
            },
          );
        }
  },
});

const namedIn = (policy: Resource): readonly { readonly name: string; readonly path: Path }[] =>
  list(get(policy.value, 'spec', 'rules')).flatMap((rule, ruleIndex) =>
    list(get(rule, 'from')).flatMap((from, fromIndex) =>
      ['namespaces', 'notNamespaces'].flatMap((key) =>
        texts(get(from, 'source', key)).map((name, index) => ({
          name,
          path: ['spec', 'rules', ruleIndex, 'from', fromIndex, 'source', key, index],
        })),
      ),
    ),
  );

/** `*`, `prod-*`, `*-test` or the name itself. */
const covers = (pattern: string, name: string): boolean => {
  if (pattern === '*') return true;
  if (pattern.endsWith('*')) return name.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith('*')) return name.endsWith(pattern.slice(1));
  return pattern === name;
};
