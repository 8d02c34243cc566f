// Written by `npm test -- -u` from the files of this directory. Do not edit.
import type { Rule } from '../src/rule/define.ts';
import ambientGatewayPerDataPlane from './ambient/gateway-per-data-plane.ts';
import ambientGatewayShape from './ambient/gateway-shape.ts';
import ambientGlobalScopeAgrees from './ambient/global-scope-agrees.ts';
import ambientL7ForAllCallers from './ambient/l7-for-all-callers.ts';
import ambientL7NeedsWaypoint from './ambient/l7-needs-waypoint.ts';
import ambientMultiNetworkOn from './ambient/multi-network-on.ts';
import ambientOneTrust from './ambient/one-trust.ts';
import ambientRouteNeedsWaypoint from './ambient/route-needs-waypoint.ts';
import ambientServiceAccountsAgree from './ambient/service-accounts-agree.ts';
import ambientWaypointAgrees from './ambient/waypoint-agrees.ts';
import ambientWaypointForAmbient from './ambient/waypoint-for-ambient.ts';
import ambientWaypointPresent from './ambient/waypoint-present.ts';
import configAmbiguousScalar from './config/ambiguous-scalar.ts';
import configAnnotationKnown from './config/annotation-known.ts';
import configAnnotationPlaced from './config/annotation-placed.ts';
import configAnnotationStage from './config/annotation-stage.ts';
import configAnnotationValue from './config/annotation-value.ts';
import configConditionTrue from './config/condition-true.ts';
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
import controlplaneJwksFetchBounded from './controlplane/jwks-fetch-bounded.ts';
import controlplaneLeaderNamed from './controlplane/leader-named.ts';
import controlplaneLegacyPlaneExposed from './controlplane/legacy-plane-exposed.ts';
import controlplaneRemoteAddressForm from './controlplane/remote-address-form.ts';
import controlplaneRemoteReachesPrimary from './controlplane/remote-reaches-primary.ts';
import controlplaneRevisionResolves from './controlplane/revision-resolves.ts';
import controlplaneVersionSkew from './controlplane/version-skew.ts';
import controlplaneWebhookTargetExists from './controlplane/webhook-target-exists.ts';
import controlplaneWebhookUrlValid from './controlplane/webhook-url-valid.ts';
import discoveryClusterIdAgrees from './discovery/cluster-id-agrees.ts';
import discoveryKubeconfigAuthAllowed from './discovery/kubeconfig-auth-allowed.ts';
import discoveryKubeconfigUsable from './discovery/kubeconfig-usable.ts';
import discoveryReaderAccess from './discovery/reader-access.ts';
import discoveryRemoteSecretKeyKnown from './discovery/remote-secret-key-known.ts';
import discoveryRemoteSecretPresent from './discovery/remote-secret-present.ts';
import discoveryRemoteSecretVisible from './discovery/remote-secret-visible.ts';
import discoverySelectorsCoverMesh from './discovery/selectors-cover-mesh.ts';
import discoveryUniqueClusterName from './discovery/unique-cluster-name.ts';
import extensionAddOnLists from './extension/add-on-lists.ts';
import extensionPatchOrderStated from './extension/patch-order-stated.ts';
import extensionPatchSurvivesUpgrade from './extension/patch-survives-upgrade.ts';
import extensionRemoveOnLists from './extension/remove-on-lists.ts';
import extensionReplaceOnFilters from './extension/replace-on-filters.ts';
import extensionTelemetryProviderKnown from './extension/telemetry-provider-known.ts';
import extensionTelemetrySelects from './extension/telemetry-selects.ts';
import extensionTelemetryUnique from './extension/telemetry-unique.ts';
import gatewayCertificateShared from './gateway/certificate-shared.ts';
import gatewayCredentialPresent from './gateway/credential-present.ts';
import gatewayCredentialUsable from './gateway/credential-usable.ts';
import gatewayInternalGatewayBound from './gateway/internal-gateway-bound.ts';
import gatewayJwtClaimsAuthenticated from './gateway/jwt-claims-authenticated.ts';
import gatewayPortOnService from './gateway/port-on-service.ts';
import gatewayPortOneProtocol from './gateway/port-one-protocol.ts';
import gatewayServerHostsApart from './gateway/server-hosts-apart.ts';
import gatewayServerUnique from './gateway/server-unique.ts';
import gatewayVirtualServiceHostServed from './gateway/virtual-service-host-served.ts';
import gatewayapiClassKnown from './gatewayapi/class-known.ts';
import gatewayapiCrdVersion from './gatewayapi/crd-version.ts';
import gatewayapiGrantNamespaceKnown from './gatewayapi/grant-namespace-known.ts';
import gatewayapiHostnameClaimedOnce from './gatewayapi/hostname-claimed-once.ts';
import gatewayapiListenerAdmitsRoute from './gatewayapi/listener-admits-route.ts';
import gatewayapiListenerUnique from './gatewayapi/listener-unique.ts';
import gatewayapiPolicySelectsGateway from './gatewayapi/policy-selects-gateway.ts';
import gatewayapiRemoteMirrorAgrees from './gatewayapi/remote-mirror-agrees.ts';
import gatewayapiRouteRefsInMesh from './gatewayapi/route-refs-in-mesh.ts';
import injectionApplicationUidFree from './injection/application-uid-free.ts';
import injectionAutoImageFilled from './injection/auto-image-filled.ts';
import injectionLabelKnown from './injection/label-known.ts';
import injectionNamespaceDecided from './injection/namespace-decided.ts';
import injectionOneDataPlaneMode from './injection/one-data-plane-mode.ts';
import injectionPodHasSidecar from './injection/pod-has-sidecar.ts';
import injectionProxyImageCurrent from './injection/proxy-image-current.ts';
import injectionSidecarInAmbientNamespace from './injection/sidecar-in-ambient-namespace.ts';
import injectionWebhooksApart from './injection/webhooks-apart.ts';
import mtlsApiServerExempt from './mtls/api-server-exempt.ts';
import mtlsAutoMtlsAgrees from './mtls/auto-mtls-agrees.ts';
import mtlsCrossNetworkAcceptsMtls from './mtls/cross-network-accepts-mtls.ts';
import mtlsDestinationRuleDeclaresTls from './mtls/destination-rule-declares-tls.ts';
import mtlsDestinationRuleKeepsMtls from './mtls/destination-rule-keeps-mtls.ts';
import mtlsLegacyPolicyCounts from './mtls/legacy-policy-counts.ts';
import mtlsMeshWideClientRule from './mtls/mesh-wide-client-rule.ts';
import mtlsPeerAuthAgrees from './mtls/peer-auth-agrees.ts';
import mtlsPolicyUnique from './mtls/policy-unique.ts';
import mtlsWideRuleLeavesPlaintext from './mtls/wide-rule-leaves-plaintext.ts';
import mtlsWideRuleMeetsPolicy from './mtls/wide-rule-meets-policy.ts';
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
import policyCallersAdmitted from './policy/callers-admitted.ts';
import policyHostKnown from './policy/host-known.ts';
import policyIdentityNeedsMtls from './policy/identity-needs-mtls.ts';
import policyMethodKnown from './policy/method-known.ts';
import policyPathMatches from './policy/path-matches.ts';
import policyPortKnown from './policy/port-known.ts';
import policyPrimariesAgree from './policy/primaries-agree.ts';
import policyPrincipalKnown from './policy/principal-known.ts';
import policySelectorMatches from './policy/selector-matches.ts';
import policySourceNamespaceKnown from './policy/source-namespace-known.ts';
import policyTargetKnown from './policy/target-known.ts';
import policyWorkloadCovered from './policy/workload-covered.ts';
import schemaConstraint from './schema/constraint.ts';
import schemaDeprecated from './schema/deprecated.ts';
import schemaDuplicateKey from './schema/duplicate-key.ts';
import schemaDuplicateResource from './schema/duplicate-resource.ts';
import schemaEnum from './schema/enum.ts';
import schemaNotYetIn from './schema/not-yet-in.ts';
import schemaOneOf from './schema/one-of.ts';
import schemaParse from './schema/parse.ts';
import schemaRemovedIn from './schema/removed-in.ts';
import schemaRequired from './schema/required.ts';
import schemaType from './schema/type.ts';
import schemaUnknownField from './schema/unknown-field.ts';
import schemaUnknownVersion from './schema/unknown-version.ts';
import schemaWithoutEffect from './schema/without-effect.ts';
import servicesAppProtocolKnown from './services/app-protocol-known.ts';
import servicesClusterLocalAgrees from './services/cluster-local-agrees.ts';
import servicesDnsCaptureAgrees from './services/dns-capture-agrees.ts';
import servicesExportPresent from './services/export-present.ts';
import servicesExternalNamePortNamed from './services/external-name-port-named.ts';
import servicesGlobalHostsResolve from './services/global-hosts-resolve.ts';
import servicesHeadlessReach from './services/headless-reach.ts';
import servicesNameMeansSame from './services/name-means-same.ts';
import servicesPortNameTellsProtocol from './services/port-name-tells-protocol.ts';
import servicesPortsAgree from './services/ports-agree.ts';
import servicesPresentForDns from './services/present-for-dns.ts';
import servicesRunsSomewhere from './services/runs-somewhere.ts';
import servicesShapeAgrees from './services/shape-agrees.ts';
import servicesTargetPortDeclared from './services/target-port-declared.ts';
import servicesTargetPortNamed from './services/target-port-named.ts';
import servicesTargetPortOnce from './services/target-port-once.ts';
import servicesVisibleToGateway from './services/visible-to-gateway.ts';
import servicesWorkloadProtocolsAgree from './services/workload-protocols-agree.ts';
import trafficClusterNamesKnown from './traffic/cluster-names-known.ts';
import trafficDestinationInMesh from './traffic/destination-in-mesh.ts';
import trafficDestinationPortNamed from './traffic/destination-port-named.ts';
import trafficEntryAddressForTcp from './traffic/entry-address-for-tcp.ts';
import trafficEntryHasEndpoints from './traffic/entry-has-endpoints.ts';
import trafficEntryPortOnce from './traffic/entry-port-once.ts';
import trafficEntryProtocolsAgree from './traffic/entry-protocols-agree.ts';
import trafficExportToKnown from './traffic/export-to-known.ts';
import trafficFailoverHasOutlierDetection from './traffic/failover-has-outlier-detection.ts';
import trafficHostClaimedTwice from './traffic/host-claimed-twice.ts';
import trafficLocalitiesKnown from './traffic/localities-known.ts';
import trafficLocalitySideEffects from './traffic/locality-side-effects.ts';
import trafficMatchGatewayKnown from './traffic/match-gateway-known.ts';
import trafficMeshHostClaimedOnce from './traffic/mesh-host-claimed-once.ts';
import trafficPrimariesAgree from './traffic/primaries-agree.ts';
import trafficRootSidecarForAll from './traffic/root-sidecar-for-all.ts';
import trafficRouteMatchEffective from './traffic/route-match-effective.ts';
import trafficRouteRuleReachable from './traffic/route-rule-reachable.ts';
import trafficRouteWeights from './traffic/route-weights.ts';
import trafficRuleHostKnown from './traffic/rule-host-known.ts';
import trafficRulesMerge from './traffic/rules-merge.ts';
import trafficRulesOverlap from './traffic/rules-overlap.ts';
import trafficSidecarEgressKnown from './traffic/sidecar-egress-known.ts';
import trafficSidecarOutboundMode from './traffic/sidecar-outbound-mode.ts';
import trafficSidecarSelects from './traffic/sidecar-selects.ts';
import trafficSidecarUnique from './traffic/sidecar-unique.ts';
import trafficSubsetDefined from './traffic/subset-defined.ts';
import trafficSubsetHasLabels from './traffic/subset-has-labels.ts';
import trafficSubsetRulesAtGateway from './traffic/subset-rules-at-gateway.ts';
import trafficSubsetSelectsEndpoints from './traffic/subset-selects-endpoints.ts';
import trafficSubsetSelectsPods from './traffic/subset-selects-pods.ts';
import trafficTlsOriginPortVerified from './traffic/tls-origin-port-verified.ts';
import trafficTlsOriginVerified from './traffic/tls-origin-verified.ts';
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
import vmGroupLabelsDistinct from './vm/group-labels-distinct.ts';

export const rules: readonly Rule[] = [
  ambientGatewayPerDataPlane,
  ambientGatewayShape,
  ambientGlobalScopeAgrees,
  ambientL7ForAllCallers,
  ambientL7NeedsWaypoint,
  ambientMultiNetworkOn,
  ambientOneTrust,
  ambientRouteNeedsWaypoint,
  ambientServiceAccountsAgree,
  ambientWaypointAgrees,
  ambientWaypointForAmbient,
  ambientWaypointPresent,
  configAmbiguousScalar,
  configAnnotationKnown,
  configAnnotationPlaced,
  configAnnotationStage,
  configAnnotationValue,
  configConditionTrue,
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
  controlplaneJwksFetchBounded,
  controlplaneLeaderNamed,
  controlplaneLegacyPlaneExposed,
  controlplaneRemoteAddressForm,
  controlplaneRemoteReachesPrimary,
  controlplaneRevisionResolves,
  controlplaneVersionSkew,
  controlplaneWebhookTargetExists,
  controlplaneWebhookUrlValid,
  discoveryClusterIdAgrees,
  discoveryKubeconfigAuthAllowed,
  discoveryKubeconfigUsable,
  discoveryReaderAccess,
  discoveryRemoteSecretKeyKnown,
  discoveryRemoteSecretPresent,
  discoveryRemoteSecretVisible,
  discoverySelectorsCoverMesh,
  discoveryUniqueClusterName,
  extensionAddOnLists,
  extensionPatchOrderStated,
  extensionPatchSurvivesUpgrade,
  extensionRemoveOnLists,
  extensionReplaceOnFilters,
  extensionTelemetryProviderKnown,
  extensionTelemetrySelects,
  extensionTelemetryUnique,
  gatewayCertificateShared,
  gatewayCredentialPresent,
  gatewayCredentialUsable,
  gatewayInternalGatewayBound,
  gatewayJwtClaimsAuthenticated,
  gatewayPortOnService,
  gatewayPortOneProtocol,
  gatewayServerHostsApart,
  gatewayServerUnique,
  gatewayVirtualServiceHostServed,
  gatewayapiClassKnown,
  gatewayapiCrdVersion,
  gatewayapiGrantNamespaceKnown,
  gatewayapiHostnameClaimedOnce,
  gatewayapiListenerAdmitsRoute,
  gatewayapiListenerUnique,
  gatewayapiPolicySelectsGateway,
  gatewayapiRemoteMirrorAgrees,
  gatewayapiRouteRefsInMesh,
  injectionApplicationUidFree,
  injectionAutoImageFilled,
  injectionLabelKnown,
  injectionNamespaceDecided,
  injectionOneDataPlaneMode,
  injectionPodHasSidecar,
  injectionProxyImageCurrent,
  injectionSidecarInAmbientNamespace,
  injectionWebhooksApart,
  mtlsApiServerExempt,
  mtlsAutoMtlsAgrees,
  mtlsCrossNetworkAcceptsMtls,
  mtlsDestinationRuleDeclaresTls,
  mtlsDestinationRuleKeepsMtls,
  mtlsLegacyPolicyCounts,
  mtlsMeshWideClientRule,
  mtlsPeerAuthAgrees,
  mtlsPolicyUnique,
  mtlsWideRuleLeavesPlaintext,
  mtlsWideRuleMeetsPolicy,
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
  policyCallersAdmitted,
  policyHostKnown,
  policyIdentityNeedsMtls,
  policyMethodKnown,
  policyPathMatches,
  policyPortKnown,
  policyPrimariesAgree,
  policyPrincipalKnown,
  policySelectorMatches,
  policySourceNamespaceKnown,
  policyTargetKnown,
  policyWorkloadCovered,
  schemaConstraint,
  schemaDeprecated,
  schemaDuplicateKey,
  schemaDuplicateResource,
  schemaEnum,
  schemaNotYetIn,
  schemaOneOf,
  schemaParse,
  schemaRemovedIn,
  schemaRequired,
  schemaType,
  schemaUnknownField,
  schemaUnknownVersion,
  schemaWithoutEffect,
  servicesAppProtocolKnown,
  servicesClusterLocalAgrees,
  servicesDnsCaptureAgrees,
  servicesExportPresent,
  servicesExternalNamePortNamed,
  servicesGlobalHostsResolve,
  servicesHeadlessReach,
  servicesNameMeansSame,
  servicesPortNameTellsProtocol,
  servicesPortsAgree,
  servicesPresentForDns,
  servicesRunsSomewhere,
  servicesShapeAgrees,
  servicesTargetPortDeclared,
  servicesTargetPortNamed,
  servicesTargetPortOnce,
  servicesVisibleToGateway,
  servicesWorkloadProtocolsAgree,
  trafficClusterNamesKnown,
  trafficDestinationInMesh,
  trafficDestinationPortNamed,
  trafficEntryAddressForTcp,
  trafficEntryHasEndpoints,
  trafficEntryPortOnce,
  trafficEntryProtocolsAgree,
  trafficExportToKnown,
  trafficFailoverHasOutlierDetection,
  trafficHostClaimedTwice,
  trafficLocalitiesKnown,
  trafficLocalitySideEffects,
  trafficMatchGatewayKnown,
  trafficMeshHostClaimedOnce,
  trafficPrimariesAgree,
  trafficRootSidecarForAll,
  trafficRouteMatchEffective,
  trafficRouteRuleReachable,
  trafficRouteWeights,
  trafficRuleHostKnown,
  trafficRulesMerge,
  trafficRulesOverlap,
  trafficSidecarEgressKnown,
  trafficSidecarOutboundMode,
  trafficSidecarSelects,
  trafficSidecarUnique,
  trafficSubsetDefined,
  trafficSubsetHasLabels,
  trafficSubsetRulesAtGateway,
  trafficSubsetSelectsEndpoints,
  trafficSubsetSelectsPods,
  trafficTlsOriginPortVerified,
  trafficTlsOriginVerified,
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
  vmGroupLabelsDistinct,
];
