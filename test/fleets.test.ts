/// <reference types="vite/client" />
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DeploymentModel } from '../src/rule/models.ts';
import { DEPLOYMENT_MODELS } from '../src/rule/models.ts';
import type { Rule } from '../src/rule/define.ts';
import { fleetNames, lintFleet } from './support/fleets.ts';

const rules = Object.values(import.meta.glob<{ default: Rule }>('../rules/*/*.ts', { eager: true })).map(
  (module) => module.default,
);

/** Models that the newest Istio still has. The others use what was taken out of it. */
const lasting = DEPLOYMENT_MODELS.filter(
  (model) => model !== 'shared-control-plane' && model !== 'replicated-control-planes',
);

/** Images in the manifests keep their own version when the clusters are said to be newer. */
const skew = 'controlplane/version-skew';

const findingsOf = async (model: string, version?: string): Promise<readonly string[]> => {
  const chosen = version === undefined ? rules : rules.filter(({ id }) => id !== skew);
  const { findings } = await lintFleet(join('fixtures/fleets', model), chosen, version);
  return findings.map(({ severity, file, line, message, rule }) => `${severity} ${file}:${line} ${message} [${rule}]`);
};

test('there is a fleet for each deployment model', () => {
  expect(fleetNames()).toEqual(DEPLOYMENT_MODELS.toSorted());
});

describe('a clean fleet is silent', () => {
  test.each(DEPLOYMENT_MODELS)('%s', async (model) => {
    expect(await findingsOf(model)).toEqual([]);
  });

  test.each(lasting)('%s at the newest version', async (model) => {
    expect(await findingsOf(model, '1.30')).toEqual([]);
  });
});

/** What preset strict says of the fleets, and what they keep: their applications are open, their settings of alpha stage. */
const KEPT: Readonly<Partial<Record<DeploymentModel, readonly string[]>>> = {
  'multi-primary-one-network': ['policy/workload-covered'],
  'multi-primary-networks': ['config/annotation-stage', 'injection/namespace-decided', 'policy/workload-covered'],
  'primary-remote-one-network': ['config/annotation-stage', 'policy/workload-covered'],
  'primary-remote-networks': ['config/annotation-stage', 'policy/workload-covered'],
  'external-control-plane': ['config/annotation-stage', 'policy/workload-covered'],
  'ambient-networks': ['policy/workload-covered'],
};

describe('a clean fleet hears nothing else in preset strict', () => {
  test.each(DEPLOYMENT_MODELS)('%s', async (model) => {
    const { findings } = await lintFleet(join('fixtures/fleets', model), rules, undefined, 'strict');
    expect([...new Set(findings.map(({ rule }) => rule))].toSorted()).toEqual(KEPT[model] ?? []);
  });
});
