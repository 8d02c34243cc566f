import { isRecord } from '../../model/index.ts';
import type { Refuse, Violation } from '../violation.ts';
import { collect } from '../violation.ts';
import type { Constraint } from './table.ts';
import { CONSTRAINTS } from './table.ts';

/** All rules of a kind by the way to where they stand, so that an object is walked once for all of them. */
interface Branch {
  readonly rules: { readonly order: number; readonly constraint: Constraint }[];
  readonly keys: Map<string, Branch>;
  items: Branch | undefined;
  values: Branch | undefined;
}

const newBranch = (): Branch => ({ rules: [], keys: new Map(), items: undefined, values: undefined });

/** `spec.ports[].number` → spec, ports, items, number. */
const branchAt = (root: Branch, path: string): Branch => {
  let here = root;
  for (const step of path.split(/\.|(?=\[\]|\{\})/)) {
    if (step === '[]') here = here.items ??= newBranch();
    else if (step === '{}') here = here.values ??= newBranch();
    else {
      const next: Branch = here.keys.get(step) ?? newBranch();
      here.keys.set(step, next);
      here = next;
    }
  }
  return here;
};

const trees = new Map<string, Branch | undefined>();

const treeOf = (kind: string): Branch | undefined => {
  if (trees.has(kind)) return trees.get(kind);
  const constraints = CONSTRAINTS.get(kind);
  const root = constraints === undefined ? undefined : newBranch();
  if (root !== undefined)
    for (const [order, constraint] of constraints!.entries())
      branchAt(root, constraint.path).rules.push({ order, constraint });
  trees.set(kind, root);
  return root;
};

/**
 * What the validation rules of the CRD of `group/kind` refuse in an object, in the order of the rules. Every violation
 * carries the versions whose CRD has the rule. Kinds of others have no violations here.
 */
export const celViolations = (kind: string, object: unknown): readonly Violation[] => {
  const tree = treeOf(kind);
  if (tree === undefined) return [];
  const found: { readonly order: number; readonly violation: Violation }[] = [];
  const path: (string | number)[] = [];

  const visit = (branch: Branch, value: unknown): void => {
    if (value === undefined || value === null) return;
    if (branch.rules.length > 0) ask(branch, value);
    if (branch.items !== undefined && Array.isArray(value))
      for (const [index, item] of value.entries()) enter(branch.items, item, index);
    if (!isRecord(value)) return;
    if (branch.values !== undefined) for (const key of Object.keys(value)) enter(branch.values, value[key], key);
    for (const [key, inner] of branch.keys) if (Object.hasOwn(value, key)) enter(inner, value[key], key);
  };
  const enter = (branch: Branch, value: unknown, step: string | number): void => {
    path.push(step);
    visit(branch, value);
    path.pop();
  };
  const ask = (branch: Branch, value: unknown): void => {
    const field = { value, path: [...path] };
    for (const { order, constraint } of branch.rules)
      for (const violation of violationsOf(constraint, field)) found.push({ order, violation });
  };

  visit(tree, object);
  return found.toSorted((a, b) => a.order - b.order).map(({ violation }) => violation);
};

const violationsOf = ({ rule, since }: Constraint, field: Parameters<Refuse>[0]): readonly Violation[] =>
  collect((refuse) =>
    rule(field, (refused, problem, scope) => refuse(refused, problem, { ...scope, istio: `1.${since}+` })),
  );
