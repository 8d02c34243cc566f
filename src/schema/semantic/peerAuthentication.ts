import { isTemplate } from '../../model/index.ts';
import { isPort } from '../forms/names.ts';
import { at, entriesOf, has, isFilled, shown } from '../violation.ts';
import type { Check } from './common.ts';
import { checkSelectorLabels } from './common.ts';

export const checkPeerAuthentication: Check = ({ spec }, refuse) => {
  const [ports, labels] = [at(spec, 'portLevelMtls'), at(spec, 'selector', 'matchLabels')];
  checkSelectorLabels(labels, refuse);
  if (has(ports) && !isFilled(ports)) refuse(ports, 'is empty, but where it stands it names at least one port');
  else if (has(ports) && (!has(labels) || !isFilled(labels)))
    refuse(ports, 'is set without selector.matchLabels, but ports are those of selected workloads');
  for (const [key, entry] of entriesOf(ports))
    if (has(entry) && !isTemplate(key) && (!/^\d+$/.test(key) || !isPort(Number(key))))
      refuse(entry, `has the key ${shown(key)}, but a port lies between 1 and 65535`);
};
