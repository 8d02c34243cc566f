import type { Labels } from '../facts/selectors.ts';
import { get, textMap } from '../model/index.ts';

export type { Labels } from '../facts/selectors.ts';
export { selects } from '../facts/selectors.ts';

/** `selector.matchLabels` of Istio's kinds; undefined where nothing is selected by labels. */
export const matchLabels = (spec: unknown, key: string): Labels | undefined => {
  const labels = textMap(get(spec, key, 'matchLabels'));
  return Object.keys(labels).length === 0 ? undefined : labels;
};

/** `app: cart, version: v1`. */
export const labelsInWords = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
