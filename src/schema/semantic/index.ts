// What istiod's validation webhook refuses, by kind.
import type { Field, Refuse, Violation } from '../violation.ts';
import { at, collect } from '../violation.ts';
import { checkAuthorizationPolicy } from './authorizationPolicy.ts';
import type { Check } from './common.ts';
import { checkDestinationRule } from './destinationRule.ts';
import { checkEnvoyFilter } from './envoyFilter.ts';
import { checkGateway } from './gateway.ts';
import { checkMeshConfig, warnOfProviders } from './meshConfig.ts';
import { checkMeshNetworks } from './meshNetworks.ts';
import { checkMetadata } from './metadata.ts';
import { checkPeerAuthentication } from './peerAuthentication.ts';
import { withProtoNames } from './protoNames.ts';
import { checkProxyConfig } from './proxyConfig.ts';
import { checkProxySettings } from './proxySettings.ts';
import { checkRequestAuthentication } from './requestAuthentication.ts';
import { checkServiceEntry } from './serviceEntry.ts';
import { checkSidecar } from './sidecar.ts';
import { checkTelemetry } from './telemetry.ts';
import { checkVirtualService } from './virtualService.ts';
import { checkTrafficExtension, checkWasmPlugin } from './wasmPlugin.ts';
import { checkWorkloadEntry } from './workloadEntry.ts';
import { checkWorkloadGroup } from './workloadGroup.ts';

const CHECKS: ReadonlyMap<string, Check> = new Map([
  ['extensions.istio.io/TrafficExtension', checkTrafficExtension],
  ['extensions.istio.io/WasmPlugin', checkWasmPlugin],
  ['networking.istio.io/DestinationRule', checkDestinationRule],
  ['networking.istio.io/EnvoyFilter', checkEnvoyFilter],
  ['networking.istio.io/Gateway', checkGateway],
  ['networking.istio.io/ProxyConfig', checkProxyConfig],
  ['networking.istio.io/ServiceEntry', checkServiceEntry],
  ['networking.istio.io/Sidecar', checkSidecar],
  ['networking.istio.io/VirtualService', checkVirtualService],
  ['networking.istio.io/WorkloadEntry', checkWorkloadEntry],
  ['networking.istio.io/WorkloadGroup', checkWorkloadGroup],
  ['security.istio.io/AuthorizationPolicy', checkAuthorizationPolicy],
  ['security.istio.io/PeerAuthentication', checkPeerAuthentication],
  ['security.istio.io/RequestAuthentication', checkRequestAuthentication],
  ['telemetry.istio.io/Telemetry', checkTelemetry],
]);

/** The kinds that are validated, as `group/kind`. */
export const VALIDATED_KINDS: readonly string[] = [...CHECKS.keys()];

export interface ValidatedObject {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly value: unknown;
}

/** What the API server or the webhook refuses in an object of `group/kind`; kinds of others have no violations here. */
export const semanticViolations = (kind: string, object: ValidatedObject): readonly Violation[] => {
  const check = CHECKS.get(kind);
  if (check === undefined) return [];
  const { name, namespace, value } = object;
  const root: Field = { value, path: [] };
  return withProtoNames(
    collect((refuse) => {
      checkMetadata(at(root, 'metadata'), refuse);
      check({ name, namespace, spec: at(root, 'spec') }, refuse);
    }),
    value,
  );
};

/** Documents that stand in objects and values; `MeshNetworks` is the map of networks itself. */
export type DocumentKind = 'MeshConfig' | 'MeshNetworks' | 'ProxyConfig';

const DOCUMENT_CHECKS: Readonly<Record<DocumentKind, (document: Field, refuse: Refuse) => void>> = {
  MeshConfig: checkMeshConfig,
  MeshNetworks: checkMeshNetworks,
  ProxyConfig: checkProxySettings,
};

/** Why istiod refuses a document, with paths from its root: it goes on with the last one that it took, or the default. */
export const documentViolations = (kind: DocumentKind, value: unknown): readonly Violation[] =>
  collect((refuse) => DOCUMENT_CHECKS[kind]({ value, path: [] }, refuse));

/** What istiod cannot use in a document that it takes. */
export const documentWarnings = (kind: DocumentKind, value: unknown): readonly Violation[] =>
  kind === 'MeshConfig' ? collect((warn) => warnOfProviders({ value, path: [] }, warn)) : [];
