import type { Check } from './common.ts';
import { checkExportTo, checkHost, checkLabels, checkSelectorLabels, checkSubsetName } from './common.ts';
import { at, has, itemsOf, shown, written } from '../violation.ts';
import { checkTrafficPolicy } from './trafficPolicy.ts';

export const checkDestinationRule: Check = (subject, refuse) => {
  const { spec } = subject;
  const host = at(spec, 'host');
  if (!has(host)) refuse(host, 'is missing, but a DestinationRule is for a host', { isMissing: true });
  checkHost(host, refuse);
  checkTrafficPolicy(at(spec, 'trafficPolicy'), refuse);
  const names = new Set<string>();
  for (const subset of itemsOf(at(spec, 'subsets'))) {
    const name = at(subset, 'name');
    if (!has(subset)) refuse(subset, 'is null, but a subset has a name and labels');
    else if (!has(name)) refuse(name, 'is missing, but a subset has a name', { isMissing: true });
    checkSubsetName(name, refuse);
    const known = written(name);
    if (known !== undefined && names.has(known)) refuse(name, `is ${shown(known)}, as of a subset before`);
    if (known !== undefined) names.add(known);
    checkLabels(at(subset, 'labels'), refuse);
    checkTrafficPolicy(at(subset, 'trafficPolicy'), refuse);
  }
  const selector = at(spec, 'workloadSelector');
  checkExportTo(subject, refuse, { hasSelector: has(selector) });
  checkSelectorLabels(at(selector, 'matchLabels'), refuse);
};
