// Written by `npm test -- -u` from the files of this directory. Do not edit.
import type { Rule } from '../src/rule/define.ts';
import ambientGatewayPerDataPlane from './ambient/gateway-per-data-plane.ts';
import ambientGatewayShape from './ambient/gateway-shape.ts';
import ambientGlobalScopeAgrees from './ambient/global-scope-agrees.ts';
import ambientMultiNetworkOn from './ambient/multi-network-on.ts';
import ambientOneTrust from './ambient/one-trust.ts';
import ambientServiceAccountsAgree from './ambient/service-accounts-agree.ts';
import ambientWaypointAgrees from './ambient/waypoint-agrees.ts';
import configAmbiguousScalar from './config/ambiguous-scalar.ts';
import configDeadSetting from './config/dead-setting.ts';
import configFactsAgree from './config/facts-agree.ts';
import configMeshIdAgrees from './config/mesh-id-agrees.ts';
import configMustEqualSettings from './config/must-equal-settings.ts';
import configRemoteConfigIsRead from './config/remote-config-is-read.ts';
import configUnresolvedValue from './config/unresolved-value.ts';
import configUnusedSuppression from './config/unused-suppression.ts';
import controlplaneAuthPolicyAgrees from './controlplane/auth-policy-agrees.ts';
import controlplaneInjectionAgrees from './controlplane/injection-agrees.ts';
import controlplaneIstiodExposed from './controlplane/istiod-exposed.ts';
import controlplaneLeaderNamed from './controlplane/leader-named.ts';
import controlplaneLegacyPlaneExposed from './controlplane/legacy-plane-exposed.ts';
import controlplaneRemoteAddressForm from './controlplane/remote-address-form.ts';
import controlplaneRemoteReachesPrimary from './controlplane/remote-reaches-primary.ts';
import controlplaneRevisionResolves from './controlplane/revision-resolves.ts';
import controlplaneVersionSkew from './controlplane/version-skew.ts';
import controlplaneWebhookTargetExists from './controlplane/webhook-target-exists.ts';
import discoveryClusterIdAgrees from './discovery/cluster-id-agrees.ts';
import discoveryKubeconfigAuthAllowed from './discovery/kubeconfig-auth-allowed.ts';
import discoveryKubeconfigUsable from './discovery/kubeconfig-usable.ts';
import discoveryReaderAccess from './discovery/reader-access.ts';
import discoveryRemoteSecretKeyKnown from './discovery/remote-secret-key-known.ts';
import discoveryRemoteSecretPresent from './discovery/remote-secret-present.ts';
import discoveryRemoteSecretVisible from './discovery/remote-secret-visible.ts';
import discoverySelectorsCoverMesh from './discovery/selectors-cover-mesh.ts';
import discoveryUniqueClusterName from './discovery/unique-cluster-name.ts';
import gatewayapiRemoteMirrorAgrees from './gatewayapi/remote-mirror-agrees.ts';
import gatewayapiRouteRefsInMesh from './gatewayapi/route-refs-in-mesh.ts';
import mtlsApiServerExempt from './mtls/api-server-exempt.ts';
import mtlsAutoMtlsAgrees from './mtls/auto-mtls-agrees.ts';
import mtlsCrossNetworkAcceptsMtls from './mtls/cross-network-accepts-mtls.ts';
import mtlsDestinationRuleDeclaresTls from './mtls/destination-rule-declares-tls.ts';
import mtlsDestinationRuleKeepsMtls from './mtls/destination-rule-keeps-mtls.ts';
import mtlsLegacyPolicyCounts from './mtls/legacy-policy-counts.ts';
import mtlsMeshWideClientRule from './mtls/mesh-wide-client-rule.ts';
import mtlsPeerAuthAgrees from './mtls/peer-auth-agrees.ts';
import networkAutoPassthroughContained from './network/auto-passthrough-contained.ts';
import networkAutoPassthroughOnLocal from './network/auto-passthrough-on-local.ts';
import networkCidrSourcesAgree from './network/cidr-sources-agree.ts';
import networkClusterDomainEqual from './network/cluster-domain-equal.ts';
import networkGatewayForNetwork from './network/gateway-for-network.ts';
import networkGatewayListenerUnique from './network/gateway-listener-unique.ts';
import networkGatewayStaysL4 from './network/gateway-stays-l4.ts';
import networkGatewayUsable from './network/gateway-usable.ts';
import networkMeshNetworksConsistent from './network/mesh-networks-consistent.ts';
import networkNameAgrees from './network/name-agrees.ts';
import networkNameDeclared from './network/name-declared.ts';
import networkNameFitsGateways from './network/name-fits-gateways.ts';
import networkPodCidrOverlap from './network/pod-cidr-overlap.ts';
import networkRequestedViewSet from './network/requested-view-set.ts';
import networkSniDnatSet from './network/sni-dnat-set.ts';
import networkSubsetKnownAtGateway from './network/subset-known-at-gateway.ts';
import policyPrimariesAgree from './policy/primaries-agree.ts';
import policyPrincipalKnown from './policy/principal-known.ts';
import schemaDuplicateKey from './schema/duplicate-key.ts';
import schemaParse from './schema/parse.ts';
import servicesClusterLocalAgrees from './services/cluster-local-agrees.ts';
import servicesDnsCaptureAgrees from './services/dns-capture-agrees.ts';
import servicesExportPresent from './services/export-present.ts';
import servicesHeadlessReach from './services/headless-reach.ts';
import servicesNameMeansSame from './services/name-means-same.ts';
import servicesPortsAgree from './services/ports-agree.ts';
import servicesPresentForDns from './services/present-for-dns.ts';
import servicesShapeAgrees from './services/shape-agrees.ts';
import servicesVisibleToGateway from './services/visible-to-gateway.ts';
import trafficClusterNamesKnown from './traffic/cluster-names-known.ts';
import trafficDestinationInMesh from './traffic/destination-in-mesh.ts';
import trafficFailoverHasOutlierDetection from './traffic/failover-has-outlier-detection.ts';
import trafficLocalitiesKnown from './traffic/localities-known.ts';
import trafficLocalitySideEffects from './traffic/locality-side-effects.ts';
import trafficPrimariesAgree from './traffic/primaries-agree.ts';
import trafficSubsetDefined from './traffic/subset-defined.ts';
import trustCaProviderAgrees from './trust/ca-provider-agrees.ts';
import trustCaUsable from './trust/ca-usable.ts';
import trustCacertsComplete from './trust/cacerts-complete.ts';
import trustCitadelUsesPluggedCa from './trust/citadel-uses-plugged-ca.ts';
import trustMultiRootEnabled from './trust/multi-root-enabled.ts';
import trustRootCopiesAgree from './trust/root-copies-agree.ts';
import trustRotationBundleComplete from './trust/rotation-bundle-complete.ts';
import trustSharedRootCa from './trust/shared-root-ca.ts';
import trustTrustDomainsAccepted from './trust/trust-domains-accepted.ts';
import vmEntryAddressClear from './vm/entry-address-clear.ts';
import vmEntryNetworkKnown from './vm/entry-network-known.ts';

export const rules: readonly Rule[] = [
  ambientGatewayPerDataPlane,
  ambientGatewayShape,
  ambientGlobalScopeAgrees,
  ambientMultiNetworkOn,
  ambientOneTrust,
  ambientServiceAccountsAgree,
  ambientWaypointAgrees,
  configAmbiguousScalar,
  configDeadSetting,
  configFactsAgree,
  configMeshIdAgrees,
  configMustEqualSettings,
  configRemoteConfigIsRead,
  configUnresolvedValue,
  configUnusedSuppression,
  controlplaneAuthPolicyAgrees,
  controlplaneInjectionAgrees,
  controlplaneIstiodExposed,
  controlplaneLeaderNamed,
  controlplaneLegacyPlaneExposed,
  controlplaneRemoteAddressForm,
  controlplaneRemoteReachesPrimary,
  controlplaneRevisionResolves,
  controlplaneVersionSkew,
  controlplaneWebhookTargetExists,
  discoveryClusterIdAgrees,
  discoveryKubeconfigAuthAllowed,
  discoveryKubeconfigUsable,
  discoveryReaderAccess,
  discoveryRemoteSecretKeyKnown,
  discoveryRemoteSecretPresent,
  discoveryRemoteSecretVisible,
  discoverySelectorsCoverMesh,
  discoveryUniqueClusterName,
  gatewayapiRemoteMirrorAgrees,
  gatewayapiRouteRefsInMesh,
  mtlsApiServerExempt,
  mtlsAutoMtlsAgrees,
  mtlsCrossNetworkAcceptsMtls,
  mtlsDestinationRuleDeclaresTls,
  mtlsDestinationRuleKeepsMtls,
  mtlsLegacyPolicyCounts,
  mtlsMeshWideClientRule,
  mtlsPeerAuthAgrees,
  networkAutoPassthroughContained,
  networkAutoPassthroughOnLocal,
  networkCidrSourcesAgree,
  networkClusterDomainEqual,
  networkGatewayForNetwork,
  networkGatewayListenerUnique,
  networkGatewayStaysL4,
  networkGatewayUsable,
  networkMeshNetworksConsistent,
  networkNameAgrees,
  networkNameDeclared,
  networkNameFitsGateways,
  networkPodCidrOverlap,
  networkRequestedViewSet,
  networkSniDnatSet,
  networkSubsetKnownAtGateway,
  policyPrimariesAgree,
  policyPrincipalKnown,
  schemaDuplicateKey,
  schemaParse,
  servicesClusterLocalAgrees,
  servicesDnsCaptureAgrees,
  servicesExportPresent,
  servicesHeadlessReach,
  servicesNameMeansSame,
  servicesPortsAgree,
  servicesPresentForDns,
  servicesShapeAgrees,
  servicesVisibleToGateway,
  trafficClusterNamesKnown,
  trafficDestinationInMesh,
  trafficFailoverHasOutlierDetection,
  trafficLocalitiesKnown,
  trafficLocalitySideEffects,
  trafficPrimariesAgree,
  trafficSubsetDefined,
  trustCaProviderAgrees,
  trustCaUsable,
  trustCacertsComplete,
  trustCitadelUsesPluggedCa,
  trustMultiRootEnabled,
  trustRootCopiesAgree,
  trustRotationBundleComplete,
  trustSharedRootCa,
  trustTrustDomainsAccepted,
  vmEntryAddressClear,
  vmEntryNetworkKnown,
];
