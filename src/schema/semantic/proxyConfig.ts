import { at } from '../violation.ts';
import type { Check } from './common.ts';
import { checkNotNegative, checkSelectorLabels } from './common.ts';

export const checkProxyConfig: Check = ({ spec }, refuse) => {
  checkSelectorLabels(at(spec, 'selector', 'matchLabels'), refuse);
  checkNotNegative(at(spec, 'concurrency'), refuse);
};
