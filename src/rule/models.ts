/**
 * The deployment models that rules are checked against. Each has a clean example fleet, `fixtures/fleets/<name>`.
 */
export const DEPLOYMENT_MODELS = [
  'shared-control-plane',
  'multi-primary-one-network',
  'multi-primary-networks',
  'primary-remote-one-network',
  'primary-remote-networks',
  'external-control-plane',
  'replicated-control-planes',
  'ambient-networks',
  'hybrid-cloud',
  'locality-three-clusters',
] as const;

export type DeploymentModel = (typeof DEPLOYMENT_MODELS)[number];
