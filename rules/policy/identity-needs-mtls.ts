import type { Mesh } from '../../src/facts/mesh.ts';
import type { Path, Related, Resource } from '../../src/model/index.ts';
import { describe, filled, get, isRecord, list, placeIn } from '../../src/model/index.ts';
import { autoMtlsOff } from '../../src/rule/autoMtls.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import { defineRule } from '../../src/rule/define.ts';
import { destinationRulesOf, rulesFor } from '../../src/rule/destinationRules.ts';
import { serviceHost } from '../../src/rule/hosts.ts';
import { effectiveMtls } from '../../src/rule/mtls.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import type { Selection } from '../../src/rule/selections.ts';
import { selectionsOf } from '../../src/rule/selections.ts';
import type { Labels } from '../../src/rule/selectors.ts';
import { nameOfService, serviceTable, workloadsOf } from '../../src/rule/services.ts';

export default defineRule({
  id: 'policy/identity-needs-mtls',
  severity: 'error',
  istio: '1.5+',
  summary: 'A policy that asks who the caller is stands before workloads that are called by mTLS.',
  why: 'The identity of a caller is in its certificate. Over plaintext there is none: ALLOW rules with principals or namespaces admit nobody, and DENY rules keep nobody out.',
  fix: 'Let the workload take mTLS (PeerAuthentication) and its callers use it (auto mTLS, or a DestinationRule with ISTIO_MUTUAL), or ask for something that plaintext has, such as ipBlocks.',
  reads: ['AuthorizationPolicy', 'PeerAuthentication', 'DestinationRule', 'autoMtls', 'workloads', 'Service'],
  yieldsTo: [
    'mtls/auto-mtls-agrees',
    'mtls/cross-network-accepts-mtls',
    'mtls/destination-rule-keeps-mtls',
    'mtls/peer-auth-agrees',
    'mtls/wide-rule-meets-policy',
  ],
  aliases: ['KIA0105'],
  messages: {
    server:
      '{policy} in {cluster} asks for {field}; {source} lets {what} take plaintext only, which has no identity{deny}',
    client:
      '{policy} in {cluster} asks for {field}; {source} makes callers of {what} send plaintext, which has no identity{deny}',
    auto: '{policy} in {cluster} asks for {field}; auto mTLS is off, and no DestinationRule makes callers of {what} use mTLS: plaintext has no identity{deny}',
  },
  check(mesh, report) {
    for (const selection of selectionsOf(mesh, 'AuthorizationPolicy')) {
      const { realm, resource } = selection;
      const fields = resource.group === 'security.istio.io' ? identityFields(resource) : [];
      if (fields.length === 0 || mesh.versionOf(realm.config).minors.low < 5) continue;
      const fault = faultOf(mesh, selection);
      if (fault === undefined) continue;
      const action = filled(get(resource.value, 'spec', 'action')) ?? 'ALLOW';
      for (const asked of fields)
        report(
          fault.why,
          {
            at: placeIn(resource, ...asked.path),
            cluster: realm.config.name,
            resource,
            also: fault.also,
          },
          {
            policy: describe(resource),
            cluster: realm.config.name,
            field: asked.name,
            source: fault.source,
            what: fault.what,
            deny: action === 'DENY' ? ': nobody is kept out' : '',
          },
        );
    }
  },
});

const FIELDS = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts'];

/** Sources and conditions that only callers with a certificate can satisfy, by their first field of that kind. */
const identityFields = ({ value }: Resource): readonly { readonly name: string; readonly path: Path }[] =>
  list(get(value, 'spec', 'rules')).flatMap((rule, index) => [
    ...list(get(rule, 'from')).flatMap((from, at) => {
      const name = FIELDS.find((field) => list(get(from, 'source', field)).length > 0);
      return name === undefined
        ? []
        : [{ name: `source.${name}`, path: ['spec', 'rules', index, 'from', at, 'source', name] }];
    }),
    ...list(get(rule, 'when')).flatMap((when, at) => {
      const key = filled(get(when, 'key'));
      return key !== undefined && ['source.namespace', 'source.principal', 'connection.sni'].includes(key)
        ? [{ name: key, path: ['spec', 'rules', index, 'when', at] }]
        : [];
    }),
  ]);

interface PlainFault {
  readonly why: 'server' | 'client' | 'auto';
  readonly source: string;
  /** Workloads or Services in words. */
  readonly what: string;
  readonly also: readonly Related[];
}

/** With a selector one selected workload is enough; without one the namespace as a whole is judged. */
const faultOf = (mesh: Mesh, { realm, resource, labels, workloads }: Selection): PlainFault | undefined => {
  const namespace = resource.namespace;
  if (namespace === undefined) return undefined;
  const served = workloads.filter(({ workload }) => workload.injected === 'yes' && !workload.gateway);
  if (labels === undefined) {
    const isOfMesh = namespace === rootNamespaceOf(realm.config);
    if (served.length === 0 || isOfMesh) return undefined;
    return faultOfServed(mesh, realm, namespace, {}, `the workloads of ${namespace}`, [`*.${namespace}`]);
  }
  for (const { member, workload } of served) {
    const at = workload.namespace;
    if (at === undefined) continue;
    const services = serviceTable(mesh)
      .inNamespace(at)
      .filter(({ statements }) =>
        statements.some(
          (statement) =>
            statement.member === member && workloadsOf(mesh, member, statement.resource).includes(workload),
        ),
      );
    const names = services.length === 0 ? [`*.${at}`] : services.map(nameOfService);
    const fault = faultOfServed(mesh, realm, at, workload.labels, describe(workload.resource), names);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

const faultOfServed = (
  mesh: Mesh,
  { config }: Realm,
  namespace: string,
  labels: Labels,
  what: string,
  services: readonly string[],
): PlainFault | undefined => {
  const server = effectiveMtls(mesh, config, { namespace, labels }, undefined);
  if (server.mode === 'unknown' || server.mode === 'plaintext') return undefined;
  if (server.mode === 'DISABLE') {
    const also =
      server.place === undefined ? [] : [{ place: server.place, cluster: config.name, message: 'mTLS is off here' }];
    return { why: 'server', source: server.source, what, also };
  }
  const { minors } = mesh.versionOf(config);
  const rules = destinationRulesOf(mesh, config);
  const autoOff = autoMtlsOff(mesh, config);
  const faults = services.map((called): PlainFault | undefined => {
    const [name, owner] = called.split('.');
    const service = name === '*' ? `the services of ${namespace}` : called;
    const host = serviceHost(name ?? '', owner ?? namespace, clusterDomainOf(config));
    const governing = rules.governing(namespace, host, namespace);
    const tls =
      governing === undefined ? undefined : tlsOf(rulesFor(governing, undefined), undefined, undefined, minors);
    if (tls?.rule !== undefined && tls.mode === 'DISABLE') {
      const also =
        tls.place === undefined ? [] : [{ place: tls.place, cluster: config.name, message: 'callers send plaintext' }];
      return { why: 'client', source: describe(tls.rule.resource), what: service, also };
    }
    const mayUseMtls =
      autoOff === undefined ||
      (tls !== undefined && tls.mode !== 'none') ||
      rules.covering(host).some((rule) => isRecord(get(rule.resource.value, 'spec', 'trafficPolicy', 'tls')));
    return mayUseMtls ? undefined : { why: 'auto', source: '', what: service, also: autoOff };
  });
  // Where one Service of the workload is called by mTLS, callers have a way.
  return faults.every((fault) => fault !== undefined) ? faults[0] : undefined;
};
