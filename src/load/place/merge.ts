import { get, isRecord, scalar, text } from '../../model/index.ts';

type Values = Readonly<Record<string, unknown>>;

/** Keys by which the lists of built-in kinds are merged; all other lists are replaced. */
const MERGE_KEYS: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'port',
  imagePullSecrets: 'name',
};

/** A strategic merge patch upon an object. `custom` objects know no merge keys: their lists are replaced. */
export const mergePatch = (base: unknown, patch: unknown, custom: boolean, key = ''): unknown => {
  if (isRecord(patch)) {
    if (patch.$patch === 'replace' || !isRecord(base)) return withoutDirectives(patch);
    const merged: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(patch)) {
      if (name.startsWith('$')) continue;
      if (value === null || (isRecord(value) && value.$patch === 'delete')) delete merged[name];
      else define(merged, name, mergePatch(own(base, name), value, custom, name));
    }
    return merged;
  }
  if (!Array.isArray(patch) || !Array.isArray(base) || custom) return patch;
  const mergeKey = mergeKeyOf(key, patch);
  if (mergeKey === undefined) return patch;
  const items = [...(base as unknown[])];
  for (const item of patch as unknown[]) {
    const named = get(item, mergeKey);
    const at = items.findIndex((other) => get(other, mergeKey) === named);
    if (isRecord(item) && item.$patch === 'delete') {
      if (at >= 0) items.splice(at, 1);
    } else if (at >= 0) items[at] = mergePatch(items[at], item, custom);
    else items.push(item);
  }
  return items;
};

const own = (value: Values, key: string): unknown => (Object.hasOwn(value, key) ? value[key] : undefined);

/** Sets a key as data even where it is called `__proto__`. */
const define = (target: Record<string, unknown>, key: string, value: unknown): void => {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
};

const mergeKeyOf = (key: string, patch: readonly unknown[]): string | undefined => {
  const candidate = Object.hasOwn(MERGE_KEYS, key) ? MERGE_KEYS[key] : undefined;
  if (candidate === 'port' && patch.every((item) => get(item, 'containerPort') !== undefined)) return 'containerPort';
  return candidate !== undefined && patch.every((item) => get(item, candidate) !== undefined) ? candidate : undefined;
};

const withoutDirectives = (patch: Values): Values =>
  Object.fromEntries(Object.entries(patch).filter(([name, value]) => !name.startsWith('$') && value !== null));

/** Whether a document is a JSON6902 patch: a list of operations. */
export const isOperations = (value: unknown): value is readonly Values[] =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((item) => text(get(item, 'op')) !== undefined && text(get(item, 'path')) !== undefined);

/** The object after the operations; undefined where one of them does not fit. */
export const applyOperations = (base: Values, operations: readonly Values[]): Values | undefined => {
  let here: unknown = base;
  for (const operation of operations) {
    const done = applyAt(here, pointerOf(operation), text(operation.op)!, operation.value);
    if (done === undefined) return undefined;
    here = done.value;
  }
  return isRecord(here) ? here : undefined;
};

const pointerOf = (operation: Values): readonly string[] =>
  text(operation.path)!
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** A copy of `here` with one operation done; nothing that it is given is changed. */
const applyAt = (
  here: unknown,
  steps: readonly string[],
  op: string,
  value: unknown,
): { readonly value: unknown } | undefined => {
  const [step, ...rest] = steps;
  if (step === undefined) return op === 'add' || op === 'replace' ? { value } : undefined;
  if (!['add', 'replace', 'remove', 'test'].includes(op)) return undefined;
  if (op === 'test') return { value: here };
  if (Array.isArray(here)) return applyInList(here, step, rest, op, value);
  const map = isRecord(here) ? here : here === undefined && op === 'add' ? {} : undefined;
  if (map === undefined) return undefined;
  const copy: Record<string, unknown> = { ...map };
  if (rest.length === 0 && op === 'remove') {
    delete copy[step];
    return { value: copy };
  }
  const inner = applyAt(own(map, step), rest, op, value);
  if (inner === undefined) return undefined;
  define(copy, step, inner.value);
  return { value: copy };
};

const applyInList = (
  here: readonly unknown[],
  step: string,
  rest: readonly string[],
  op: string,
  value: unknown,
): { readonly value: unknown } | undefined => {
  const at = step === '-' ? here.length : Number(step);
  if (!Number.isInteger(at) || at < 0 || at > here.length) return undefined;
  const copy = [...here];
  if (rest.length === 0 && op === 'remove') copy.splice(at, 1);
  else if (rest.length === 0 && op === 'add') copy.splice(at, 0, value);
  else {
    const inner = applyAt(here[at], rest, op, value);
    if (inner === undefined) return undefined;
    copy[at] = inner.value;
  }
  return { value: copy };
};

/** Labels that operations add or change, with the index of the operation. */
export const labelsOf = (
  operations: readonly Values[],
): readonly { readonly index: number; readonly labels: Readonly<Record<string, string>> }[] =>
  operations.flatMap((operation, index) => {
    const pointer = pointerOf(operation);
    if (operation.op === 'remove' || pointer[0] !== 'metadata' || pointer[1] !== 'labels') return [];
    const labels: Record<string, string> = {};
    if (pointer.length === 2 && isRecord(operation.value)) {
      for (const [key, value] of Object.entries(operation.value))
        if (scalar(value) !== undefined) labels[key] = scalar(value)!;
    } else if (pointer.length === 3 && scalar(operation.value) !== undefined)
      labels[pointer[2]!] = scalar(operation.value)!;
    return Object.keys(labels).length === 0 ? [] : [{ index, labels }];
  });
