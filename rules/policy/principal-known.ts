import type { Member, Mesh } from '../../src/facts/mesh.ts';
import { speaksFor } from '../../src/facts/minors.ts';
import type { Severity } from '../../src/model/index.ts';
import { describe, placeKey } from '../../src/model/index.ts';
import { defineRule } from '../../src/rule/define.ts';
import { statementsOf } from '../../src/rule/objects.ts';
import type { Named, PrincipalFault } from '../../src/rule/principalFaults.ts';
import { principalFault, principalsIn } from '../../src/rule/principalFaults.ts';
import { trustDomainsOf } from '../../src/rule/principals.ts';
import { inWords, realmsOf } from '../../src/rule/scope.ts';
import { isDomainRefused } from '../../src/rule/trustDomains.ts';

export default defineRule({
  id: 'policy/principal-known',
  severity: 'warning',
  istio: '1.4+',
  summary: 'Principals of AuthorizationPolicies are identities that callers in the mesh can have.',
  why: 'A principal is compared with the identity in the certificate of the caller. One with the trust domain of no cluster, with spiffe:// before it, or with a service account that nobody runs under, matches nobody: ALLOW rules deny, DENY rules let pass.',
  fix: 'Write cluster.local or the own trust domain with namespace and service account, and list the other trust domains in meshConfig.trustDomainAliases.',
  reads: ['AuthorizationPolicy', 'trustDomain', 'trustDomainAliases', 'workloads', 'ServiceAccount'],
  aliases: ['KIA0106', 'KIA0107', 'KIA0108'],
  messages: {
    domain:
      '{policy} in {cluster} names {principal}; no cluster has trust domain {domain}, callers carry {known}{deny}',
    untranslated:
      '{policy} in {cluster} names {principal}, which Istio does not translate to other trust domains; callers in {peers} carry {known}{deny}',
    account:
      '{policy} in {cluster} names {principal}; no cluster has service account {account} in namespace {namespace}{near}{deny}',
    namespace: '{policy} in {cluster} names {principal}; no cluster has namespace {namespace}{deny}',
    callers: '{policy} in {cluster} admits {principal}, callers in {peers} carry {known}{deny}',
    prefix:
      '{policy} in {cluster} names {principal}; Istio puts spiffe:// in front itself, so that no caller has this identity{deny}',
    form: '{policy} in {cluster} names service account {principal}; it is compared with account or namespace/account only, and nobody is called so{deny}',
    trustDomain: '{policy} in {cluster} names trust domain {domain} of no cluster; callers carry {known}{deny}',
  },
  check(mesh, report) {
    const told = new Set<string>();
    for (const { config } of realmsOf(mesh)) {
      if (speaksFor(mesh.versionOf(config).minors, '1.4+', 'warning') === undefined) continue;
      const domains = trustDomainsOf(mesh, config);
      for (const { resource, ambiguous } of statementsOf(
        config.resources.ofKind('AuthorizationPolicy', 'security.istio.io'),
      ))
        for (const named of ambiguous ? [] : principalsIn(resource)) {
          const fault = principalFault(mesh, domains, named, named.together);
          if (fault === undefined || isToldElsewhere(mesh, config, fault)) continue;
          const key = placeKey(named.place);
          if (told.has(key)) continue;
          told.add(key);
          // Every caller that the rule was written for is turned away.
          const isDead =
            named.isAllow &&
            fault.matchesNobody &&
            named.together.every(
              (other) => principalFault(mesh, domains, other, named.together)?.matchesNobody === true,
            );
          const where = {
            at: named.place,
            cluster: config.name,
            resource,
            severity: isDead ? ERROR : undefined,
            also: fault.also,
            aliases: codesOf(named, fault),
          };
          const slots = {
            policy: describe(resource),
            cluster: config.name,
            principal: named.value,
            known: inWords(fault.known),
            deny: isDead ? ': every caller is denied' : '',
          };
          if (fault.why === 'account')
            report(
              'account',
              { ...where, fix: accountFix(fault.meant, named.accountIn !== undefined) },
              {
                ...slots,
                account: fault.account,
                namespace: fault.namespace,
                near: fault.near,
              },
            );
          else if (fault.why === 'namespace')
            report(
              'namespace',
              { ...where, fix: 'Name a namespace that the callers run in, or delete the principal.' },
              { ...slots, namespace: fault.namespace },
            );
          else if (fault.why === 'prefix')
            report('prefix', { ...where, fix: `Leave out spiffe://: ${fault.plain}.` }, slots);
          else if (fault.why === 'form') report('form', { ...where, fix: `Write ${fault.plain}.` }, slots);
          else if (fault.why === 'domain')
            report(named.isDomain ? 'trustDomain' : 'domain', where, { ...slots, domain: fault.domain });
          else report(fault.why, where, { ...slots, peers: inWords(fault.peers) });
        }
    }
  },
});

const accountFix = (meant: readonly string[], isAccount: boolean): string => {
  if (meant.length === 0) return 'Name a service account that the callers run under, or delete the principal.';
  const written = meant.map((one) => (isAccount ? one.replace(/^ns\/(.*)\/sa\//, '$1/') : one));
  const names = written.join(', ').replace(/, (?=[^,]*$)/, ' or ');
  return `Name a service account that the callers run under: ${names}${isAccount ? '' : ' (behind the trust domain)'}.`;
};

/** Kiali looks at `principals` alone, and takes one with a wildcard for one of a known trust domain. */
const codesOf = (
  { value, isDomain, isNegated, isCondition, accountIn }: Named,
  { why }: PrincipalFault,
): readonly string[] => {
  if (isDomain || isNegated || isCondition || accountIn !== undefined) return [];
  return [why === 'domain' && value.includes('/ns/') && !value.includes('*') ? 'KIA0108' : 'KIA0106'];
};

const ERROR: Severity = 'error';

/** Proxies there refuse these callers whatever policies say, as trust/trust-domains-accepted or ambient/one-trust tells. */
const isToldElsewhere = (mesh: Mesh, config: Member, fault: PrincipalFault): boolean =>
  fault.why === 'callers' && fault.outside.every(({ member, domain }) => isDomainRefused(mesh, config, member, domain));
