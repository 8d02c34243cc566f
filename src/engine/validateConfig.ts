import type { ErrorObject } from 'ajv';
import { Ajv } from 'ajv';
import type { Path } from '../model/index.ts';
import { get, isRecord } from '../model/index.ts';
import { didYouMean } from './nearest.ts';

export interface ConfigIssue {
  readonly path: Path;
  /** `unknown key netwrok, did you mean network?` */
  readonly message: string;
}

/** What a value has against the schema, the gravest per place. */
export const configIssues = (schema: Readonly<Record<string, unknown>>, value: unknown): readonly ConfigIssue[] => {
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
  const validate = ajv.compile(schema);
  if (validate(value) === true) return [];
  const issues = (validate.errors ?? [])
    .filter((error) => !['anyOf', 'oneOf', 'if'].includes(error.keyword))
    .map((error) => issueOf(error, value));
  const seen = new Set<string>();
  return issues.filter(({ path }) => {
    const key = JSON.stringify(path);
    return seen.has(key) ? false : seen.add(key);
  });
};

const issueOf = (error: ErrorObject, value: unknown): ConfigIssue => {
  const path = pathOf(error.instancePath, value);
  const name = path.length === 0 ? 'mesh-lint.yaml' : path.map(String).join('.');
  const params: Readonly<Record<string, unknown>> = error.params;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = isRecord(error.parentSchema?.['properties']) ? Object.keys(error.parentSchema['properties']) : [];
      const where = path.length === 0 ? '' : ` in ${name}`;
      return {
        path: [...path, key],
        message: `unknown ${path[0] === 'rules' || (path[0] === 'options' && path.length === 1) ? 'rule' : 'key'} ${key}${where}${didYouMean(key, known)}`,
      };
    }
    case 'enum':
      return {
        path,
        message: `${name} is ${show(error.data)}, not one of ${(params['allowedValues'] as readonly unknown[]).map(String).join(', ')}`,
      };
    case 'type':
      return { path, message: typeMessage(name, params['type'], error.data) };
    case 'pattern':
      return { path, message: `${name} is ${show(error.data)}, ${patternHint(path)}` };
    case 'required':
      return { path, message: `${name} has no ${String(params['missingProperty'])}` };
    case 'minProperties':
      return { path, message: `${name} is empty: it would silence everything` };
    default:
      return { path, message: `${name} ${error.message ?? 'has a wrong value'}` };
  }
};

const typeMessage = (name: string, type: unknown, data: unknown): string => {
  if (type === 'string' && typeof data === 'number') return `${name} is the number ${data} to YAML; write it in quotes`;
  const wanted = new Map<unknown, string>([
    ['string', 'text'],
    ['object', 'a map'],
    ['array', 'a list'],
    ['boolean', 'true or false'],
    ['number', 'a number'],
    ['integer', 'a whole number'],
  ]);
  const types = Array.isArray(type) ? type.filter((item) => item !== 'null') : [type];
  return `${name} is ${show(data)}, not ${types.map((item) => wanted.get(item) ?? String(item)).join(' or ')}`;
};

const patternHint = (path: Path): string => {
  const key = path.findLast((step) => typeof step === 'string');
  if (key === 'now') return 'not a date such as 2026-11-21';
  if (key === 'istioVersion') return 'not an Istio version such as "1.30"';
  return String(key).endsWith('Cidrs')
    ? 'not a range such as 10.0.0.0/16'
    : 'which does not have the form it must have';
};

const show = (value: unknown): string => {
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a map';
  return value === null ? 'empty' : JSON.stringify(value);
};

/** Steps of a JSON pointer; numbers where the value there is a list. */
const pathOf = (pointer: string, root: unknown): Path => {
  const path: (string | number)[] = [];
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(get(root, ...path)) ? Number(key) : key);
  }
  return path;
};
