// DestinationRules that make the clients of a config cluster use mTLS of Istio.
import { autoMtlsAt } from '../facts/mtlsSettings.ts';
import type { Member, Mesh } from '../facts/mesh.ts';
import { hidesKind } from '../facts/sources.ts';
import { speaksFor } from '../facts/minors.ts';
import type { Place, Severity } from '../model/index.ts';
import { valueOf } from '../model/index.ts';
import { tlsOf } from './clientTls.ts';
import type { DestinationRule } from './destinationRules.ts';
import { destinationRulesOf } from './destinationRules.ts';
import { isWithin, serviceHost } from './hosts.ts';
import { meshWideMtls, namespacePolicies } from './mtls.ts';
import { clusterDomainOf, rootNamespaceOf } from './scope.ts';
import { serviceTable } from './services.ts';

/**
 * Whether clients of a config cluster send plaintext where no DestinationRule says tls: up to Istio 1.3, and later where
 * auto mTLS is off. Undefined where they do not, or where it is not known; one lower where only some of the versions that
 * it may have do so.
 */
export const withoutAutoMtls = (
  mesh: Mesh,
  config: Member,
  severity: Severity,
): { readonly severity: Severity; readonly suffix: string } | undefined => {
  const { minors } = mesh.versionOf(config);
  const auto = autoMtlsAt(config.cluster, minors);
  if (minors.high <= 3 || valueOf(auto) === false) return { severity, suffix: '' };
  const isTemplate = auto.state === 'unknown' && auto.place !== undefined;
  return valueOf(auto) === true || isTemplate ? undefined : speaksFor(minors, '1.1-1.4', severity);
};

/** A rule of the root namespace for all services of the cluster, with ISTIO_MUTUAL and for all namespaces. */
export const meshRule = (mesh: Mesh, config: Member): (DestinationRule & { readonly place: Place }) | undefined => {
  const { minors } = mesh.versionOf(config);
  for (const rule of destinationRulesOf(mesh, config).all) {
    const isForAll = rule.exportedTo === undefined && isWithin(`*.${clusterDomainOf(config)}`, rule.host);
    if (!isForAll || rule.namespace !== rootNamespaceOf(config)) continue;
    const tls = tlsOf([rule], undefined, undefined, minors);
    if (tls.mode === 'ISTIO_MUTUAL' && tls.place !== undefined) return { ...rule, place: tls.place };
  }
  return undefined;
};

/**
 * The rule that makes all clients of a config cluster use mTLS while no policy makes its servers take it, with how surely
 * that breaks: up to Istio 1.4 servers without policy take plaintext only. Undefined where it does not.
 */
export const ruleWithoutPolicy = (
  mesh: Mesh,
  config: Member,
):
  | {
      readonly rule: DestinationRule & { readonly place: Place };
      readonly severity: Severity;
      readonly suffix: string;
    }
  | undefined => {
  const rule = meshRule(mesh, config);
  if (rule === undefined || withoutAutoMtls(mesh, config, 'error') === undefined) return undefined;
  const isAnswered =
    meshWideMtls(mesh, config) !== undefined ||
    namespacePolicies(mesh, config).size > 0 ||
    hidesKind(config.cluster, ['MeshPolicy']);
  const said = isAnswered ? undefined : speaksFor(mesh.versionOf(config).minors, '1.1-1.4', 'error');
  return said === undefined ? undefined : { rule, ...said };
};

const isMutual = (mesh: Mesh, config: Member, host: string): boolean => {
  const rules = destinationRulesOf(mesh, config).covering(host);
  return rules.some(
    (rule) => tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors).mode === 'ISTIO_MUTUAL',
  );
};

/** Whether each Service (of a namespace, else of all but the platform's) is covered by a rule with ISTIO_MUTUAL. */
export const everyServiceHasRule = (mesh: Mesh, config: Member, namespace: string | undefined): boolean => {
  const table = serviceTable(mesh);
  const services = (namespace === undefined ? table.all : table.inNamespace(namespace)).filter(
    (service) => !['kube-system', 'default', rootNamespaceOf(config)].includes(service.namespace),
  );
  return (
    services.length > 0 &&
    services.every((service) =>
      isMutual(mesh, config, serviceHost(service.name, service.namespace, clusterDomainOf(config))),
    )
  );
};
