import { placeKey } from '../../src/model/index.ts';
import { carrierInWords, statedAnnotations } from '../../src/rule/annotations/carriers.ts';
import { annotationCalled, isGone, labelCalled } from '../../src/rule/annotations/registry.ts';
import { defineRule } from '../../src/rule/define.ts';
import { inWords } from '../../src/rule/scope.ts';

export default defineRule({
  id: 'config/annotation-placed',
  severity: 'warning',
  istio: 'all',
  summary: 'An annotation of Istio stands on a kind of object on which Istio reads it.',
  why: 'An annotation for pods has no effect on their Deployment or Namespace. The proxy runs as if nobody had written it.',
  fix: 'Move it to where Istio reads it; for pods that is spec.template.metadata.annotations of what makes them.',
  reads: ['Namespace', 'Service', 'Pod', 'Deployment', 'istioVersion'],
  aliases: ['IST0107'],
  messages: {
    misplaced: '{cluster}: {object} has annotation {annotation}, which Istio reads on {kinds} only',
    twice:
      '{cluster}: {object} has annotation {annotation} on itself and on its pods; Istio reads the one of the pods only',
    label: '{cluster}: {object} has {annotation} as an annotation; for a {kind} Istio reads it as a label',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members) {
      const { minors } = mesh.versionOf(member);
      for (const stated of statedAnnotations(member)) {
        const { resource, kind, name, at, inTemplate, onPodsToo } = stated;
        const known = annotationCalled(name);
        if (known === undefined || isGone(known, minors) || told.has(placeKey(at))) continue;
        if (known.on.includes('Any') || known.on.includes(kind)) continue;
        told.add(placeKey(at));
        const where = { at, cluster: member.name, resource, ...(inTemplate ? { aliases: [] } : {}) };
        const slots = { cluster: member.name, object: carrierInWords(stated), annotation: name };
        if (onPodsToo) report('twice', { ...where, severity: 'info' }, slots);
        else if (labelCalled(name)?.on.includes(kind) === true)
          report('label', { ...where, fix: 'Move it to metadata.labels.' }, { ...slots, kind });
        else report('misplaced', where, { ...slots, kinds: inWords(known.on.map(plural)) });
      }
    }
  },
});

const plural = (kind: string): string =>
  kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : /(?:s|x|ch)$/.test(kind) ? `${kind}es` : `${kind}s`;
