import { get, list, placeKey } from '../../src/model/index.ts';
import type { Stated } from '../../src/rule/annotations/carriers.ts';
import { carrierInWords, statedAnnotations } from '../../src/rule/annotations/carriers.ts';
import { annotationCalled, isGone } from '../../src/rule/annotations/registry.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/annotation-stage',
  severity: 'info',
  preset: 'strict',
  istio: 'all',
  summary: 'The annotations of Istio in use are neither deprecated nor alpha.',
  why: 'A deprecated annotation goes away in some release; what is alpha may change its meaning with any.',
  fix: 'Use what takes its place; keep an alpha annotation where you need what it does, and look at it before an upgrade.',
  reads: ['Namespace', 'Service', 'Pod', 'Deployment', 'istioVersion'],
  aliases: ['IST0135', 'IST0136'],
  messages: {
    deprecated: '{cluster}: {object} has annotation {annotation}, deprecated since Istio 1.{since}{instead}',
    alpha: '{cluster}: {object} has annotation {annotation}, which is alpha',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const member of mesh.members) {
      const { minors } = mesh.versionOf(member);
      for (const stated of statedAnnotations(member)) {
        const { name, resource, at, inTemplate, labels } = stated;
        const known = annotationCalled(name);
        if (known === undefined || isGone(known, minors) || told.has(placeKey(at))) continue;
        told.add(placeKey(at));
        const aliases = (code: string): readonly string[] => (inTemplate ? [] : [code]);
        const where = { at, cluster: member.name, resource };
        const slots = {
          cluster: member.name,
          object: carrierInWords(stated),
          annotation: name,
        };
        // Whoever sets the label as well knows of it, and keeps the annotation for older releases.
        const isReplaced = name === INJECT && labels[INJECT] !== undefined;
        if (known.deprecated !== undefined && known.deprecated <= minors.low && !isReplaced)
          report(
            'deprecated',
            { ...where, aliases: aliases('IST0135') },
            { ...slots, since: known.deprecated, instead: INSTEAD[name] ?? '' },
          );
        // Both may be true of one annotation, and are two things to know.
        if (known.stage === 'alpha' && !isWrittenByInjector(stated))
          report('alpha', { ...where, aliases: aliases('IST0136') }, slots);
      }
    }
  },
});

const INJECT = 'sidecar.istio.io/inject';

/** What the injector leaves on a pod: where a CNI plugin redirects its calls, that is how the plugin knows what to do. */
const isWrittenByInjector = ({ name, kind, inTemplate, resource }: Stated): boolean => {
  if (name === 'sidecar.istio.io/status') return true;
  if (kind !== 'Pod' || inTemplate || !FOR_PLUGIN.has(name)) return false;
  return !list(get(resource.value, 'spec', 'initContainers')).some((entry) => get(entry, 'name') === 'istio-init');
};

const FOR_PLUGIN = new Set([
  'sidecar.istio.io/interceptionMode',
  'traffic.sidecar.istio.io/excludeInboundPorts',
  'traffic.sidecar.istio.io/includeInboundPorts',
  'traffic.sidecar.istio.io/includeOutboundIPRanges',
]);

const INSTEAD: Readonly<Record<string, string>> = {
  'sidecar.istio.io/inject': ': the label of the same name takes its place',
  'sidecar.istio.io/discoveryAddress': ': discoveryAddress in proxy.istio.io/config takes its place',
  'sidecar.istio.io/extraStatTags': ': extraStatTags in proxy.istio.io/config takes its place',
  'sidecar.istio.io/statsInclusionPrefixes': ': proxyStatsMatcher in proxy.istio.io/config takes its place',
  'sidecar.istio.io/statsInclusionRegexps': ': proxyStatsMatcher in proxy.istio.io/config takes its place',
  'sidecar.istio.io/statsInclusionSuffixes': ': proxyStatsMatcher in proxy.istio.io/config takes its place',
  'traffic.sidecar.istio.io/kubevirtInterfaces': ': istio.io/reroute-virtual-interfaces takes its place',
};
