import { filled, isTemplate, placeIn } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';

const MODE = 'istio.io/dataplane-mode';

export default defineRule({
  id: 'injection/one-data-plane-mode',
  severity: 'warning',
  istio: '1.15+',
  summary: 'A namespace asks for sidecars or for ambient mode, not for both.',
  why: 'Where both labels stand on a namespace, injected pods keep their sidecars and leave the ambient mesh, which the label on the namespace seems to say they are in.',
  fix: 'Keep istio-injection or istio.io/rev for sidecars, or istio.io/dataplane-mode: ambient.',
  reads: ['Namespace'],
  aliases: ['IST0123'],
  messages: {
    both: 'Namespace {namespace} of {cluster} has {label} {value} and istio.io/dataplane-mode ambient: its pods get sidecars and are not ambient',
  },
  check(mesh, report) {
    for (const member of mesh.members)
      for (const namespace of member.resources.ofKind('Namespace', '')) {
        const { labels } = namespace;
        if (labels[MODE] !== 'ambient' || labels['istio-injection'] === 'disabled') continue;
        const label = ['istio-injection', 'istio.io/rev'].find((key) => filled(labels[key]) !== undefined);
        const value = label === undefined ? undefined : labels[label];
        if (label === undefined || value === undefined || isTemplate(value)) continue;
        report(
          'both',
          { at: placeIn(namespace, 'metadata', 'labels', MODE), cluster: member.name, resource: namespace },
          { namespace: namespace.name, cluster: member.name, label, value },
        );
      }
  },
});
