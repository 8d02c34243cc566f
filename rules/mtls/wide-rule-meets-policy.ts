import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related } from '../../src/model/index.ts';
import { describe } from '../../src/model/index.ts';
import { autoMtlsOff } from '../../src/rule/autoMtls.ts';
import type { ClientMode } from '../../src/rule/clientTls.ts';
import { tlsOf } from '../../src/rule/clientTls.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf } from '../../src/rule/destinationRules.ts';
import { isWithin } from '../../src/rule/hosts.ts';
import type { EffectiveMtls } from '../../src/rule/mtls.ts';
import { betaMode } from '../../src/rule/mtls.ts';
import { everyServiceHasRule } from '../../src/rule/meshClientRule.ts';
import { hidesKind } from '../../src/facts/sources.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import { targetsOf } from '../../src/rule/servers.ts';
import { plaintextCodes } from '../../src/rule/wideRules.ts';

const messages = {
  plain: '{rule} sets tls {mode} for {host} in {cluster}; {policy} makes {what} STRICT: these calls are refused',
  mutual:
    '{policy} in {cluster} switches mTLS off for {what}; {rule} makes clients use tls {mode} for {host}: these calls fail',
  strict:
    '{policy} in {cluster} makes {what} STRICT; auto mTLS is off, and no DestinationRule for {host} says ISTIO_MUTUAL: all plaintext is refused',
} as const;

export default defineRule({
  id: 'mtls/wide-rule-meets-policy',
  severity: 'error',
  istio: '1.5+',
  summary:
    'A DestinationRule for all Services of a namespace, or of the mesh, goes with the PeerAuthentication for them.',
  why: 'The tls of a DestinationRule wins over auto mTLS: plaintext is refused by servers that are STRICT, and mTLS by those that have it switched off.',
  fix: 'Take the tls out of the DestinationRule, so that auto mTLS chooses, or change the PeerAuthentication.',
  reads: ['DestinationRule', 'PeerAuthentication', 'autoMtls', 'Service'],
  yieldsTo: ['mtls/auto-mtls-agrees', 'mtls/cross-network-accepts-mtls', 'mtls/peer-auth-agrees'],
  aliases: ['KIA0207', 'KIA0208', 'KIA0401', 'KIA0501', 'KIA0505', 'KIA0506'],
  messages,
  check(mesh, report) {
    for (const realm of realmsOf(mesh)) {
      if (mesh.versionOf(realm.config).minors.low < 5) continue;
      const wide = destinationRulesOf(mesh, realm.config).all.filter(
        ({ host, selector, ambiguous }) => host.startsWith('*') && selector === undefined && !ambiguous,
      );
      const root = rootNamespaceOf(realm.config);
      const policies = realm.config.resources.ofKind('PeerAuthentication', 'security.istio.io');
      // A policy without a mode, or for some pods, leaves the rest to that of the mesh.
      const namespaces = new Set(
        policies.flatMap(({ namespace }) =>
          namespace !== undefined && betaMode(mesh, realm.config, namespace) !== undefined ? namespace : [],
        ),
      );
      for (const namespace of [...namespaces].toSorted()) checkNamespace(mesh, realm, namespace, wide, report);
      for (const rule of wide)
        if (!namespaces.has(rule.namespace) && rule.namespace !== root && namespaces.has(root))
          checkRule(mesh, realm, rule, betaMode(mesh, realm.config, undefined), report);
    }
  },
});

interface Wide {
  readonly rule: DestinationRule;
  readonly mode: ClientMode;
  readonly place: Place;
}

const wideOf = (mesh: Mesh, config: Member, rule: DestinationRule): Wide | undefined => {
  const { mode, place } = tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors);
  return place === undefined ? undefined : { rule, mode, place };
};

/** mtls/destination-rule-keeps-mtls judges each Service that is among the files. */
const isJudgedByService = (mesh: Mesh, namespace: string | undefined): boolean =>
  targetsOf(mesh).some((target) => namespace === undefined || target.namespace === namespace);

const checkNamespace = (
  mesh: Mesh,
  { config }: Realm,
  namespace: string,
  wide: readonly DestinationRule[],
  report: Report<typeof messages>,
): void => {
  const isMesh = namespace === rootNamespaceOf(config);
  const policy = betaMode(mesh, config, isMesh ? undefined : namespace);
  const resource = policy?.policy;
  if (policy === undefined || resource === undefined) return;
  const domain = clusterDomainOf(config);
  const all = isMesh ? `*.svc.${domain}` : `*.${namespace}.svc.${domain}`;
  const covering = wide
    .filter((rule) => isWithin(all, rule.host))
    .toSorted((a, b) => b.host.length - a.host.length)
    .flatMap((rule) => wideOf(mesh, config, rule) ?? []);
  const what = isMesh ? 'every workload' : `the workloads of ${namespace}`;
  const where = { cluster: config.name, resource };
  if (policy.mode === 'STRICT') {
    const autoOff = autoMtlsOff(mesh, config);
    const isCovered =
      covering.some(({ mode }) => mode !== 'none') ||
      everyServiceHasRule(mesh, config, isMesh ? undefined : namespace) ||
      hidesKind(config.cluster, ['DestinationRule']);
    if (autoOff !== undefined && !isCovered && policy.place !== undefined)
      report(
        'strict',
        { ...where, at: policy.place, also: autoOff, aliases: [isMesh ? 'KIA0401' : 'KIA0501'] },
        { policy: describe(resource), cluster: config.name, what, host: all },
      );
    for (const { rule } of covering)
      // Rules of the root namespace for the whole mesh are told by mtls/destination-rule-keeps-mtls.
      if (!isMesh || rule.namespace !== namespace) checkRule(mesh, { config, members: [] }, rule, policy, report);
    return;
  }
  // Of rules that cover it the longest host counts.
  const [first] = covering;
  const isMutual = first !== undefined && ['MUTUAL', 'ISTIO_MUTUAL'].includes(first.mode);
  if (policy.mode !== 'DISABLE' || !isMutual || policy.place === undefined) return;
  if (isJudgedByService(mesh, isMesh ? undefined : namespace)) return;
  report(
    'mutual',
    {
      ...where,
      at: policy.place,
      also: [related(config, first.rule, first.mode, first.place)],
      aliases: [isMesh ? 'KIA0506' : 'KIA0505'],
    },
    {
      policy: describe(resource),
      cluster: config.name,
      what,
      rule: describe(first.rule.resource),
      mode: first.mode,
      host: first.rule.host,
    },
  );
};

/** A rule without mTLS for hosts that a policy makes STRICT. */
const checkRule = (
  mesh: Mesh,
  { config }: Realm,
  rule: DestinationRule,
  policy: EffectiveMtls | undefined,
  report: Report<typeof messages>,
): void => {
  const wide = wideOf(mesh, config, rule);
  const domain = clusterDomainOf(config);
  const named = rule.host.endsWith(`.svc.${domain}`) ? rule.host.slice(2, -5 - domain.length) : undefined;
  const isOfMesh = isWithin(`*.svc.${domain}`, rule.host);
  if (policy?.mode !== 'STRICT' || wide?.mode !== 'DISABLE' || (!isOfMesh && (named === undefined || named === '')))
    return;
  if (isJudgedByService(mesh, isOfMesh ? undefined : named)) return;
  const also =
    policy.place === undefined
      ? []
      : [{ place: policy.place, cluster: config.name, message: `${policy.source}: STRICT` }];
  report(
    'plain',
    {
      at: wide.place,
      cluster: config.name,
      resource: rule.resource,
      also,
      aliases: plaintextCodes(config, rule, wide.mode, policy.level),
    },
    {
      rule: describe(rule.resource),
      mode: wide.mode,
      host: rule.host,
      cluster: config.name,
      policy: policy.source,
      what: policy.level === 'mesh' ? 'every workload' : `the workloads of ${named ?? rule.namespace}`,
    },
  );
};

const related = (config: Member, rule: DestinationRule, mode: ClientMode, place: Place): Related => ({
  place,
  cluster: config.name,
  message: `${describe(rule.resource)}: ${mode}`,
});
