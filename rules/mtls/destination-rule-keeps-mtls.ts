import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place } from '../../src/model/index.ts';
import { compareText, describe, placeKey, SEVERITIES } from '../../src/model/index.ts';
import type { ClientTls } from '../../src/rule/clientTls.ts';
import { saysTls, tlsOf } from '../../src/rule/clientTls.ts';
import { clientGroups } from '../../src/rule/clients.ts';
import type { Contradiction } from '../../src/rule/contradictions.ts';
import { contradiction } from '../../src/rule/contradictions.ts';
import type { Report } from '../../src/rule/define.ts';
import { defineRule } from '../../src/rule/define.ts';
import type { DestinationRule } from '../../src/rule/destinationRules.ts';
import { destinationRulesOf, subsetsOf } from '../../src/rule/destinationRules.ts';
import { isWithin } from '../../src/rule/hosts.ts';
import { meshWideMtls } from '../../src/rule/mtls.ts';
import { codesOf, refusals, relatedOf, switchedOff, textsInWords, textsOf } from '../../src/rule/refusals.ts';
import { routedSubsets } from '../../src/rule/routes.ts';
import type { Realm } from '../../src/rule/scope.ts';
import { clusterDomainOf, inWords, realmsOf, rootNamespaceOf } from '../../src/rule/scope.ts';
import type { Target } from '../../src/rule/servers.ts';
import { targetsOf } from '../../src/rule/servers.ts';
import type { ServicePort } from '../../src/rule/services.ts';
import { plaintextCodes } from '../../src/rule/wideRules.ts';

const messages = {
  contradicts: '{rule} sets tls {mode}{part} in {clusters}; {servers}',
  meshWide: '{rule} sets tls {mode} for {host} in {clusters}; {policy} makes every service STRICT',
  twoRules:
    '{rule} and {other} both set tls of {host} in {cluster}, {mode} and {otherMode}: which one counts depends on their age{servers}',
  policyOff:
    '{policy} in {cluster} switches mTLS off for {what}; {rule} makes clients use tls {mode} for {host}: these calls fail',
} as const;

export default defineRule({
  id: 'mtls/destination-rule-keeps-mtls',
  severity: 'error',
  istio: 'all',
  summary: 'The tls of a DestinationRule goes with what the servers of every cluster take.',
  why: 'An explicit tls of a DestinationRule wins over auto mTLS. Plaintext or the TLS of the client meets servers that demand mTLS, and gateways of other networks pass mTLS of Istio only.',
  fix: 'Take the tls out of the DestinationRule, or set ISTIO_MUTUAL; where the server is to take plaintext, say so in a PeerAuthentication of its cluster.',
  reads: ['DestinationRule', 'PeerAuthentication', 'MeshPolicy', 'Policy', 'Service', 'workloads', 'network'],
  aliases: ['KIA0201', 'KIA0207', 'KIA0208', 'KIA0505', 'KIA0506'],
  messages,
  check(mesh, report) {
    const found = new Map<string, Entry>();
    for (const realm of realmsOf(mesh)) {
      for (const target of targetsOf(mesh)) checkTarget(mesh, realm, target, found);
      checkMeshWide(mesh, realm, found);
      checkTwoRules(mesh, realm, report);
    }
    for (const [, entry] of [...found].toSorted(([a], [b]) => compareText(a, b))) reportEntry(entry, report);
  },
});

/** All that one tls field does wrong. */
interface Entry {
  readonly tls: ClientTls & { readonly rule: DestinationRule; readonly place: Place };
  /** Whose rule it is. */
  readonly config: Member;
  readonly part: string;
  readonly clusters: Set<string>;
  /** Policy of the mesh, where the rule is for all services. */
  readonly meshWide: string | undefined;
  readonly contradictions: Contradiction[];
}

const checkTarget = (mesh: Mesh, realm: Realm, target: Target, found: Map<string, Entry>): void => {
  const { config } = realm;
  if (target.config !== undefined && target.config !== config) return;
  const host = target.hostIn(config);
  if (!destinationRulesOf(mesh, config).covering(host).some(saysTls)) return;
  const { minors } = mesh.versionOf(config);
  const here = target.servers.some((server) => server.speaksMtls !== 'no' && realm.members.includes(server.member));
  const groups = clientGroups(
    mesh,
    realm,
    { host, namespace: target.namespace, service: target.service },
    here ? [target.namespace] : [],
  );
  for (const { rules } of groups)
    for (const port of target.ports)
      for (const subset of [undefined, ...subsetsOf(rules)]) {
        const tls = tlsOf(rules, port, subset, minors);
        // What a subset has from above is told of the whole.
        if (subset !== undefined && !tls.ofSubset) continue;
        const isRouted = subset === undefined || routedSubsets(mesh, config).has(`${host}|${subset}`);
        addContradiction(mesh, realm, target, port, tls, isRouted, found, subset);
      }
};

const addContradiction = (
  mesh: Mesh,
  realm: Realm,
  target: Target,
  port: ServicePort,
  tls: ClientTls,
  isRouted: boolean,
  found: Map<string, Entry>,
  subset: string | undefined,
): void => {
  const { rule, place } = tls;
  if (rule === undefined || place === undefined || isOfCharts(rule)) return;
  const contrary = contradiction(mesh, realm, target, port, tls);
  if (contrary === undefined) return;
  const severity = contrary.severity === 'error' && !isRouted ? 'warning' : contrary.severity;
  const key = placeKey(place);
  let entry = found.get(key);
  if (entry === undefined) {
    const byPort = tls.path?.includes('portLevelSettings') === true;
    const part = `${subset === undefined ? '' : ` for subset ${subset}`}${byPort ? ` on port ${port.number}` : ''}`;
    found.set(
      key,
      (entry = {
        tls: { ...tls, rule, place },
        config: realm.config,
        part,
        clusters: new Set(),
        meshWide: undefined,
        contradictions: [],
      }),
    );
  }
  entry.clusters.add(realm.config.name);
  entry.contradictions.push({ ...contrary, severity });
};

/** Rules that the charts of Istio bring for the control plane. */
const isOfCharts = (rule: DestinationRule): boolean =>
  /^(istio-policy|istio-telemetry|istio-pilot|istiod|meshexpansion-.*|istio-multicluster-.*)$/.test(
    rule.resource.name,
  ) || /^(istiod|istio-(pilot|policy|telemetry))[.-]/.test(rule.host);

/** A rule for all services against a policy for all services speaks without any service in the files. */
const checkMeshWide = (mesh: Mesh, realm: Realm, found: Map<string, Entry>): void => {
  const { config } = realm;
  const policy = meshWideMtls(mesh, config);
  if (policy?.mode !== 'STRICT') return;
  const all = `*.svc.${clusterDomainOf(config)}`;
  for (const rule of destinationRulesOf(mesh, config).all) {
    const isForAll =
      rule.namespace === rootNamespaceOf(config) &&
      !rule.isPrivate &&
      rule.selector === undefined &&
      isWithin(all, rule.host);
    if (!isForAll) continue;
    const tls = tlsOf([rule], undefined, undefined, mesh.versionOf(config).minors);
    if (tls.place === undefined || !['DISABLE', 'SIMPLE', 'MUTUAL'].includes(tls.mode)) continue;
    const key = placeKey(tls.place);
    const also =
      policy.place === undefined
        ? []
        : [{ place: policy.place, cluster: config.name, message: `${policy.source}: STRICT` }];
    const held = found.get(key);
    if (held === undefined)
      found.set(key, {
        tls: { ...tls, rule, place: tls.place },
        config,
        part: '',
        clusters: new Set([config.name]),
        meshWide: policy.source,
        contradictions: [{ severity: 'error', text: '', also, byPolicy: [] }],
      });
    else held.clusters.add(config.name);
  }
};

const checkTwoRules = (mesh: Mesh, realm: Realm, report: Report<typeof messages>): void => {
  const { config } = realm;
  const { minors } = mesh.versionOf(config);
  const groups = new Map<string, DestinationRule[]>();
  for (const rule of destinationRulesOf(mesh, config).all) {
    if (rule.selector !== undefined || rule.ambiguous || !saysTls(rule)) continue;
    const key = `${rule.namespace}\0${rule.host}`;
    groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  for (const rules of groups.values()) {
    const [first, ...others] = rules.toSorted((a, b) => compareText(a.resource.name, b.resource.name));
    const mode = tlsOf([first!], undefined, undefined, minors).mode;
    for (const other of others) {
      const tls = tlsOf([other], undefined, undefined, minors);
      if (tls.place === undefined || tls.mode === mode || tls.mode === 'none' || mode === 'none') continue;
      // Where servers refuse what one of both says, that one is to be changed.
      const [refused, against] = [refusals(mesh, realm, other), refusals(mesh, realm, first!)];
      const isOther = refused.length > 0 || against.length === 0;
      reportTwoRules(mesh, config, isOther ? [other, first!] : [first!, other], isOther ? refused : against, report);
    }
  }
};

const reportTwoRules = (
  mesh: Mesh,
  config: Member,
  [rule, other]: readonly [DestinationRule, DestinationRule],
  refused: readonly Contradiction[],
  report: Report<typeof messages>,
): void => {
  const [tls, held] = [rule, other].map((one) => tlsOf([one], undefined, undefined, mesh.versionOf(config).minors));
  if (tls?.place === undefined || held === undefined) return;
  const codes = codesOf(config, rule, tls, refused);
  report(
    'twoRules',
    {
      at: tls.place,
      cluster: config.name,
      resource: rule.resource,
      also: [
        { place: other.resource.place, cluster: config.name, message: `${describe(other.resource)}: ${held.mode}` },
        ...relatedOf(refused),
      ],
      severity: 'warning',
      aliases: codes.length > 0 ? codes : ['KIA0201'],
      fix: `Merge the two DestinationRules into one${refused.length === 0 ? '' : ', with the tls that the servers take'}.`,
    },
    {
      rule: describe(rule.resource),
      other: describe(other.resource),
      host: rule.host,
      cluster: config.name,
      mode: tls.mode,
      otherMode: held.mode,
      servers: refused.length === 0 ? '' : `, and ${textsInWords(textsOf(refused))}`,
    },
  );
};

const FIX_OF_MUTUAL =
  'Take the tls out of the DestinationRule, so that auto mTLS chooses for each endpoint, or let the servers in every cluster take mTLS.';

const reportEntry = (entry: Entry, report: Report<typeof messages>): void => {
  const { tls, contradictions, meshWide } = entry;
  const clusters = [...entry.clusters].toSorted(compareText);
  const worst =
    SEVERITIES.find((severity) => contradictions.some((contrary) => contrary.severity === severity)) ?? 'info';
  const where = {
    at: tls.place,
    cluster: clusters[0],
    resource: tls.rule.resource,
    also: relatedOf(contradictions),
    severity: worst,
  };
  const rule = describe(tls.rule.resource);
  const fix = tls.mode === 'ISTIO_MUTUAL' ? FIX_OF_MUTUAL : undefined;
  const policy = switchedOff(entry.config, tls.rule, tls.mode, contradictions);
  if (policy?.policy !== undefined && policy.place !== undefined) {
    const isMesh = policy.level === 'mesh';
    report(
      'policyOff',
      {
        at: policy.place,
        cluster: entry.config.name,
        resource: policy.policy,
        also: [
          { place: tls.place, cluster: entry.config.name, message: `${rule}: ${tls.mode}` },
          ...where.also.filter(({ cluster }) => cluster !== entry.config.name),
        ],
        severity: worst,
        aliases: [isMesh ? 'KIA0506' : 'KIA0505'],
        fix,
      },
      {
        policy: policy.source,
        cluster: entry.config.name,
        what: isMesh ? 'every workload' : `the workloads of ${policy.policy.namespace ?? ''}`,
        rule,
        mode: tls.mode,
        host: tls.rule.host,
      },
    );
    return;
  }
  if (meshWide !== undefined) {
    const aliases = plaintextCodes(entry.config, tls.rule, tls.mode, 'mesh');
    report(
      'meshWide',
      { ...where, aliases },
      {
        rule,
        mode: tls.mode,
        host: tls.rule.host,
        clusters: inWords(clusters),
        policy: meshWide,
      },
    );
    return;
  }
  report(
    'contradicts',
    { ...where, fix, aliases: codesOf(entry.config, tls.rule, tls, contradictions) },
    {
      rule,
      mode: tls.mode,
      part: entry.part,
      clusters: inWords(clusters),
      servers: textsInWords(textsOf(contradictions)),
    },
  );
};
