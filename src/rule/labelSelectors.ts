// Kubernetes label selectors with matchExpressions, over labels that may not be known.
import type { Tri } from '../model/index.ts';
import { filled, get, isTemplate, list, scalar, textMap } from '../model/index.ts';
import type { Labels } from './selectors.ts';

/** Labels of a namespace, as far as they are known. */
export interface KnownLabels {
  readonly labels: Labels;
  /** No other labels are there. */
  readonly complete: boolean;
}

/** Whether a selector matches; `{}` matches everything. */
export const matches = (selector: unknown, known: KnownLabels): Tri =>
  all([
    ...Object.entries(textMap(get(selector, 'matchLabels'))).map(([key, value]) => isOneOf(known, key, [value])),
    ...list(get(selector, 'matchExpressions')).map((expression) => satisfies(expression, known)),
  ]);

/** Whether one of the selectors matches: an empty list matches nothing that anyone wrote selectors for. */
export const matchesAny = (selectors: readonly unknown[], known: KnownLabels): Tri => {
  const found = selectors.map((selector) => matches(selector, known));
  if (found.includes('yes')) return 'yes';
  return found.includes('unknown') ? 'unknown' : 'no';
};

const all = (parts: readonly Tri[]): Tri =>
  parts.includes('no') ? 'no' : parts.includes('unknown') ? 'unknown' : 'yes';

const not = (value: Tri): Tri => (value === 'yes' ? 'no' : value === 'no' ? 'yes' : 'unknown');

const isOneOf = (known: KnownLabels, key: string, values: readonly string[]): Tri => {
  if (!Object.hasOwn(known.labels, key)) return known.complete ? 'no' : 'unknown';
  const value = known.labels[key] ?? '';
  if (values.includes(value)) return 'yes';
  return isTemplate(value) || values.some(isTemplate) ? 'unknown' : 'no';
};

const satisfies = (expression: unknown, known: KnownLabels): Tri => {
  const key = filled(get(expression, 'key'));
  if (key === undefined) return 'unknown';
  const values = list(get(expression, 'values')).flatMap((value) => scalar(value) ?? []);
  const exists: Tri = Object.hasOwn(known.labels, key) ? 'yes' : known.complete ? 'no' : 'unknown';
  switch (get(expression, 'operator')) {
    case 'In':
      return isOneOf(known, key, values);
    case 'NotIn':
      return not(isOneOf(known, key, values));
    case 'Exists':
      return exists;
    case 'DoesNotExist':
      return not(exists);
    default:
      return 'unknown';
  }
};

/** Keys whose presence or value a selector asks for. */
export const keysAskedFor = (selector: unknown): readonly string[] => [
  ...Object.keys(textMap(get(selector, 'matchLabels'))),
  ...list(get(selector, 'matchExpressions')).flatMap((expression) =>
    ['In', 'Exists'].includes(String(get(expression, 'operator'))) ? (filled(get(expression, 'key')) ?? []) : [],
  ),
];

/** `mesh=on and tier in (a, b)`; alternatives joined by `or`. */
export const selectorsInWords = (selectors: readonly unknown[]): string => selectors.map(selectorInWords).join(' or ');

const selectorInWords = (selector: unknown): string => {
  const parts = [
    ...Object.entries(textMap(get(selector, 'matchLabels'))).map(([key, value]) => `${key}=${value}`),
    ...list(get(selector, 'matchExpressions')).map((expression) => {
      const key = filled(get(expression, 'key')) ?? '';
      const values = list(get(expression, 'values'))
        .map((value) => scalar(value) ?? '')
        .join(', ');
      switch (get(expression, 'operator')) {
        case 'In':
          return `${key} in (${values})`;
        case 'NotIn':
          return `${key} not in (${values})`;
        case 'Exists':
          return key;
        default:
          return `no ${key}`;
      }
    }),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(' and ');
};
