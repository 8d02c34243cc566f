import type { Cluster, Fact } from '../model/index.ts';
import type { CidrFact } from './cidrs.ts';
import { podCidrs, serviceCidrs } from './cidrs.ts';
import type { DnsCapture } from './dnsCapture.ts';
import { dnsCapture } from './dnsCapture.ts';
import type { EastWestGateway } from './gateways.ts';
import { eastWestGateways } from './gateways.ts';
import {
  clusterDomain,
  clusterId,
  istioNamespace,
  meshId,
  rootNamespace,
  trustDomain,
  trustDomainAliases,
} from './identity.ts';
import type { LocalityFact } from './localities.ts';
import { localities } from './localities.ts';
import type { MeshNetworkEntry } from './meshNetworks.ts';
import { meshNetworks } from './meshNetworks.ts';
import { autoMtls, meshMtlsEnabled } from './mtlsSettings.ts';
import type { NetworkFact } from './network.ts';
import { network } from './network.ts';
import type { RemoteSecret } from './remoteSecrets.ts';
import { remoteSecrets } from './remoteSecrets.ts';
import type { RevisionsFact } from './revisions.ts';
import { revisions } from './revisions.ts';
import type { RoleFact } from './role.ts';
import { controlPlaneRole } from './role.ts';
import type { CaChain, RootsFact } from './roots.ts';
import { caChain, roots } from './roots.ts';
import type { VersionFact } from './version.ts';
import { istioVersion } from './version.ts';
import type { Workload } from './workloads.ts';
import { workloads } from './workloads.ts';

/**
 * What one cluster says of itself. Every fact is derived on first use and from its own cluster alone; what
 * needs other clusters (the primary of a remote, who is in the mesh) is asked of `Mesh`.
 */
export interface Facts {
  readonly istioVersion: VersionFact;
  /** Namespace of the control plane; istio-system where nothing else is said. */
  readonly istioNamespace: Fact<string>;
  /** `meshConfig.rootNamespace`; the istioNamespace where nothing else is said. */
  readonly rootNamespace: Fact<string>;
  readonly clusterId: Fact<string>;
  readonly network: NetworkFact;
  readonly meshId: Fact<string>;
  readonly trustDomain: Fact<string>;
  readonly trustDomainAliases: Fact<readonly string[]>;
  readonly clusterDomain: Fact<string>;
  readonly controlPlaneRole: RoleFact;
  readonly revisions: RevisionsFact;
  readonly roots: RootsFact;
  readonly caChain: readonly CaChain[];
  readonly podCidrs: CidrFact;
  readonly serviceCidrs: CidrFact;
  readonly meshNetworks: Fact<readonly MeshNetworkEntry[]>;
  readonly remoteSecrets: readonly RemoteSecret[];
  readonly eastWestGateways: readonly EastWestGateway[];
  readonly workloads: readonly Workload[];
  readonly localities: LocalityFact;
  readonly dnsCapture: DnsCapture;
  readonly autoMtls: Fact<boolean>;
  readonly meshMtlsEnabled: Fact<boolean>;
}

/** One line per fact; the order is that of `mesh-lint facts`. */
const derivations: { readonly [K in keyof Facts]: (cluster: Cluster, facts: Facts) => Facts[K] } = {
  istioVersion,
  istioNamespace,
  rootNamespace,
  clusterId,
  network,
  meshId,
  trustDomain,
  trustDomainAliases,
  clusterDomain,
  controlPlaneRole,
  revisions,
  roots,
  caChain,
  podCidrs,
  serviceCidrs,
  meshNetworks,
  remoteSecrets,
  eastWestGateways,
  workloads,
  localities,
  dnsCapture,
  autoMtls,
  meshMtlsEnabled,
};

/** The facts of a cluster, each worked out when first read and never again. */
export const deriveFacts = (cluster: Cluster): Facts => {
  const facts = {} as Facts;
  for (const name of Object.keys(derivations) as (keyof Facts)[]) {
    let held: { readonly value: unknown } | undefined;
    Object.defineProperty(facts, name, {
      enumerable: true,
      get: () => (held ??= { value: derivations[name](cluster, facts) }).value,
    });
  }
  return facts;
};
