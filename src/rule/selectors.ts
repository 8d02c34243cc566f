import type { Tri } from '../model/index.ts';
import { get, isTemplate, textMap } from '../model/index.ts';

export type Labels = Readonly<Record<string, string>>;

/** Whether labels satisfy a selector; an empty selector is satisfied by all. Templates leave it unknown. */
export const selects = (selector: Labels, labels: Labels): Tri => {
  let result: Tri = 'yes';
  for (const [key, wanted] of Object.entries(selector)) {
    const found = Object.hasOwn(labels, key) ? labels[key] : undefined;
    if (found === wanted) continue;
    if (found === undefined || (!isTemplate(found) && !isTemplate(wanted))) return 'no';
    result = 'unknown';
  }
  return result;
};

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
