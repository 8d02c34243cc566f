import type { Tri } from '../model/index.ts';
import { isTemplate } from '../model/index.ts';

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
