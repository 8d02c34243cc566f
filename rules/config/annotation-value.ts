import type { Minors } from '../../src/facts/minors.ts';
import { placeKey } from '../../src/model/index.ts';
import { carrierInWords, statedAnnotations } from '../../src/rule/annotations/carriers.ts';
import { annotationCalled, isGone } from '../../src/rule/annotations/registry.ts';
import type { ProxyConfigFault } from '../../src/rule/annotations/proxyConfig.ts';
import { faultOfProxyConfig, PROXY_CONFIG } from '../../src/rule/annotations/proxyConfig.ts';
import { faultOfValue, isChecked, isRefused } from '../../src/rule/annotations/values.ts';
import { defineRule } from '../../src/rule/define.ts';

export default defineRule({
  id: 'config/annotation-value',
  severity: 'error',
  istio: 'all',
  summary: 'The annotations of pods have values that the injector takes.',
  why: 'The injector refuses a pod whose annotation it cannot read, or the proxy of the pod does not start.',
  fix: 'Write the value in the form that Istio reads: ports and address ranges separated by commas without blanks, true or false.',
  reads: ['Pod', 'Deployment', 'istioVersion'],
  aliases: ['IST0125'],
  messages: {
    invalid: '{cluster}: {object} sets annotation {annotation} to {value}: {fault}',
    config: '{cluster}: {object} has a proxy config in annotation {annotation} that the injector refuses: {fault}',
    ignored: '{cluster}: {object} has a setting in annotation {annotation} that does nothing: {fault}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    const configs = new Map<string, ProxyConfigFault | undefined>();
    const faultOfConfig = (text: string, minors: Minors): ProxyConfigFault | undefined => {
      const key = `${minors.low} ${minors.high} ${text}`;
      if (!configs.has(key)) configs.set(key, faultOfProxyConfig(text, minors));
      return configs.get(key);
    };
    for (const member of mesh.members) {
      const { minors } = mesh.versionOf(member);
      for (const stated of statedAnnotations(member)) {
        const { name, value, resource, at, kind, inTemplate } = stated;
        const known = annotationCalled(name);
        // Where nobody reads it, the value does not matter.
        if (known === undefined || isGone(known, minors) || !known.on.includes(kind) || value === undefined) continue;
        if (told.has(placeKey(at))) continue;
        const where = { at, cluster: member.name, resource };
        const slots = { cluster: member.name, object: carrierInWords(stated), annotation: name };
        if (name === PROXY_CONFIG) {
          const config = faultOfConfig(value, minors);
          if (config === undefined) continue;
          told.add(placeKey(at));
          const { fault, isRefused, path } = config;
          const inside = { ...where, at: { ...at, inner: path }, fix: FIX };
          if (isRefused) report('config', { ...inside, ...(inTemplate ? { aliases: [] } : {}) }, { ...slots, fault });
          else report('ignored', { ...inside, severity: 'warning', aliases: [] }, { ...slots, fault });
          continue;
        }
        const fault = faultOfValue(name, value);
        if (fault === undefined) continue;
        told.add(placeKey(at));
        report(
          'invalid',
          {
            ...where,
            ...(inTemplate || !isChecked(name) ? { aliases: [] } : {}),
            ...(isRefused(name) ? {} : { severity: 'warning' }),
          },
          { ...slots, value, fault },
        );
      }
    }
  },
});

const FIX =
  'Write the settings as ProxyConfig has them; values of proxyMetadata are text, so true and numbers go into quotes there.';
