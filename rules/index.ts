// Written by `npm test -- -u` from the files of this directory. Do not edit.
import type { Rule } from '../src/rule/define.ts';
import configAmbiguousScalar from './config/ambiguous-scalar.ts';
import configFactsAgree from './config/facts-agree.ts';
import configUnresolvedValue from './config/unresolved-value.ts';
import configUnusedSuppression from './config/unused-suppression.ts';
import mtlsApiServerExempt from './mtls/api-server-exempt.ts';
import mtlsDestinationRuleDeclaresTls from './mtls/destination-rule-declares-tls.ts';
import mtlsDestinationRuleKeepsMtls from './mtls/destination-rule-keeps-mtls.ts';
import mtlsMeshWideClientRule from './mtls/mesh-wide-client-rule.ts';
import networkAutoPassthroughContained from './network/auto-passthrough-contained.ts';
import networkAutoPassthroughOnLocal from './network/auto-passthrough-on-local.ts';
import networkCidrSourcesAgree from './network/cidr-sources-agree.ts';
import networkGatewayForNetwork from './network/gateway-for-network.ts';
import networkGatewayUsable from './network/gateway-usable.ts';
import networkNameAgrees from './network/name-agrees.ts';
import networkNameDeclared from './network/name-declared.ts';
import networkNameFitsGateways from './network/name-fits-gateways.ts';
import networkPodCidrOverlap from './network/pod-cidr-overlap.ts';
import schemaDuplicateKey from './schema/duplicate-key.ts';
import schemaParse from './schema/parse.ts';
import servicesPresentForDns from './services/present-for-dns.ts';
import trustCaUsable from './trust/ca-usable.ts';
import trustCacertsComplete from './trust/cacerts-complete.ts';
import trustRootCopiesAgree from './trust/root-copies-agree.ts';
import trustSharedRootCa from './trust/shared-root-ca.ts';

export const rules: readonly Rule[] = [
  configAmbiguousScalar,
  configFactsAgree,
  configUnresolvedValue,
  configUnusedSuppression,
  mtlsApiServerExempt,
  mtlsDestinationRuleDeclaresTls,
  mtlsDestinationRuleKeepsMtls,
  mtlsMeshWideClientRule,
  networkAutoPassthroughContained,
  networkAutoPassthroughOnLocal,
  networkCidrSourcesAgree,
  networkGatewayForNetwork,
  networkGatewayUsable,
  networkNameAgrees,
  networkNameDeclared,
  networkNameFitsGateways,
  networkPodCidrOverlap,
  schemaDuplicateKey,
  schemaParse,
  servicesPresentForDns,
  trustCaUsable,
  trustCacertsComplete,
  trustRootCopiesAgree,
  trustSharedRootCa,
];
