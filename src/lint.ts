// Stand-in for the wiring of load, facts, rules and report.
import { rules as allRules } from '../rules/index.ts';
import { runRules } from './engine/run.ts';
import { groupMeshes } from './facts/mesh.ts';
import type { Finding } from './model/index.ts';
import { loadFleet } from './load/load.ts';

export interface LintOptions {
  readonly paths: readonly string[];
  readonly only?: readonly string[];
}

export const runLint = (options: LintOptions): { findings: readonly Finding[] } => {
  const fleet = loadFleet(options.paths);
  const meshes = groupMeshes(fleet, {
    complete: [],
    now: new Date(),
    uses: {},
    options: {},
    meshes: undefined,
    istioVersion: undefined,
  });
  const rules = allRules.filter((rule) => options.only === undefined || options.only.includes(rule.id));
  return { findings: runRules(rules, fleet, meshes) };
};
