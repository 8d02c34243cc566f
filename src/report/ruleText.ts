import type { Rule, RuleOption } from '../rule/define.ts';

/** The type of an option in words: `list of text`, `true or false`. */
export const typeOf = ({ schema }: RuleOption): string => typeWords(schema);

const NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'number',
  integer: 'whole number',
  object: 'map',
};

const typeWords = (schema: Readonly<Record<string, unknown>>): string => {
  const { type, items, enum: values } = schema;
  const either = schema['oneOf'] ?? schema['anyOf'];
  if (Array.isArray(either))
    return either.map((one) => typeWords(one as Readonly<Record<string, unknown>>)).join(', or ');
  if (Array.isArray(values)) return values.map(String).join(' | ');
  if (type === 'array')
    return `list of ${items === undefined ? 'values' : typeWords(items as Readonly<Record<string, unknown>>)}`;
  return typeof type === 'string' ? (NAMES[type] ?? type) : 'value';
};

/** Istio versions in words. */
export const versionsOf = (rule: Rule): string => (rule.istio === 'all' ? 'all' : rule.istio);

export const optionsOf = (rule: Rule): readonly (readonly [name: string, option: RuleOption])[] =>
  Object.entries(rule.options ?? {});
