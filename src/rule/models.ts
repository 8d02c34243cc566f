/** A way in which the clusters of a mesh belong together, as Istio's documentation has it. */
export interface ModelText {
  readonly title: string;
  /** Istio versions that have it: `1.8+`, `1.1-1.7`. */
  readonly istio: string;
}

/**
 * The deployment models that rules are checked against. Each has a clean example fleet, `fixtures/fleets/<name>`.
 */
export const MODELS = {
  'shared-control-plane': { title: 'shared control plane', istio: '1.1-1.7' },
  'replicated-control-planes': { title: 'replicated control planes (`.global`)', istio: '1.1-1.7' },
  'multi-primary-one-network': { title: 'multi-primary, one network', istio: '1.8+' },
  'multi-primary-networks': { title: 'multi-primary, several networks', istio: '1.8+' },
  'primary-remote-one-network': { title: 'primary-remote, one network', istio: '1.8+' },
  'primary-remote-networks': { title: 'primary-remote, several networks', istio: '1.8+' },
  'external-control-plane': { title: 'external control plane', istio: '1.8+' },
  'locality-three-clusters': { title: 'locality failover, subsets by cluster', istio: '1.8+' },
  'hybrid-cloud': { title: 'hybrid cloud: machines, Gateway API', istio: '1.8+' },
  'ambient-networks': { title: 'ambient, several networks', istio: '1.25+' },
} as const satisfies Readonly<Record<string, ModelText>>;

export type DeploymentModel = keyof typeof MODELS;

export const DEPLOYMENT_MODELS = Object.keys(MODELS) as DeploymentModel[];
