// Differences that mesh-lint.yaml allows: `drift: [{ kind, namespace, name, host }]`.
import type { Mesh } from '../../facts/mesh.ts';
import { list, record, scalar } from '../../model/index.ts';
import type { RuleOption } from '../define.ts';
import type { Held } from './objects.ts';

const KEYS = ['kind', 'namespace', 'name', 'host'] as const;

/** The option as rules declare it. */
export const driftOption: RuleOption = {
  schema: {
    type: 'array',
    items: {
      type: 'object',
      minProperties: 1,
      additionalProperties: false,
      properties: Object.fromEntries(KEYS.map((key) => [key, { type: 'string', minLength: 1 }])),
    },
  },
  description: 'Objects that may differ, by kind, namespace, name or host; `*` stands for any text.',
};

/** Whether the option of a rule lets an object differ. */
export const isAllowed = (mesh: Mesh, rule: string, { resource, hosts }: Pick<Held, 'resource' | 'hosts'>): boolean =>
  list(mesh.settings.options[rule]?.['drift']).some((entry) =>
    KEYS.every((key) => {
      const pattern = scalar(record(entry)[key]);
      if (pattern === undefined) return true;
      if (key === 'host') return hosts.some((host) => fits(pattern, host));
      return fits(pattern, resource[key] ?? '');
    }),
  );

const fits = (pattern: string, text: string): boolean => {
  const parts = pattern.split('*');
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
};
