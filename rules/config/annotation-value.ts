import { placeKey } from '../../src/model/index.ts';
import { carrierInWords, statedAnnotations } from '../../src/rule/annotations/carriers.ts';
import { annotationCalled, isGone } from '../../src/rule/annotations/registry.ts';
import { faultOfValue } from '../../src/rule/annotations/values.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/annotation-value',
  severity: 'warning',
  istio: 'all',
  summary: 'The annotations of pods have values that the injector takes.',
  why: 'The injector refuses a pod whose annotation it cannot read, or the proxy of the pod does not start.',
  fix: 'Write the value in the form that Istio reads: ports and address ranges separated by commas without blanks, true or false.',
  reads: ['Pod', 'Deployment', 'istioVersion'],
  aliases: ['IST0125'],
  messages: {
    invalid: '{cluster}: {object} sets annotation {annotation} to {value}: {fault}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members) {
      const { minors } = mesh.versionOf(member);
      for (const stated of statedAnnotations(member)) {
        const { name, value, resource, at, kind, inTemplate } = stated;
        const known = annotationCalled(name);
        // Where nobody reads it, the value does not matter.
        if (known === undefined || isGone(known, minors) || !known.on.includes(kind) || value === undefined) continue;
        const fault = faultOfValue(name, value);
        if (fault === undefined || told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        report(
          'invalid',
          { at, cluster: member.name, resource, ...(inTemplate ? { aliases: [] } : {}) },
          {
            cluster: member.name,
            object: carrierInWords(stated),
            annotation: name,
            value,
            fault,
          },
        );
      }
    }
  },
});
