import { autoMtlsAt } from '../../src/facts/mtlsSettings.ts';
import type { Member, Mesh } from '../../src/facts/mesh.ts';
import type { Place, Related, Severity } from '../../src/model/index.ts';
import { compareText, placeIn, placeKey, SEVERITIES, valueOf } from '../../src/model/index.ts';
import { clientsOf } from '../../src/rule/clients.ts';
import { modesOf } from '../../src/rule/contradictions.ts';
import { refusingPolicies, saysTlsFor } from '../../src/rule/crossNetwork.ts';
import { defineRule } from '../../src/rule/define.ts';
import { reach } from '../../src/rule/endpoints.ts';
import { policiesAgree } from '../../src/rule/mtls.ts';
import { deviations } from '../../src/rule/peers.ts';
import { inWords, oncePerMember, realmsOf, someInWords } from '../../src/rule/scope.ts';
import type { Server, ServerMtls, Target } from '../../src/rule/servers.ts';
import { modeSeenBy, portInside, targetsOf } from '../../src/rule/servers.ts';
import type { ServicePort } from '../../src/rule/services.ts';
import { isClusterLocal } from '../../src/rule/services.ts';
import { usersOfService } from '../../src/rule/users.ts';

export default defineRule({
  id: 'mtls/peer-auth-agrees',
  severity: 'warning',
  istio: 'all',
  summary: 'All control planes of a mesh know the same mTLS mode of a workload.',
  why: 'Each istiod judges the endpoints of all clusters by the policies of its own. Where these differ, its clients send mTLS to ports that take plaintext only, or plaintext to servers that refuse it.',
  fix: 'Apply the same PeerAuthentications in every config cluster, also where the namespace has no workloads.',
  reads: ['PeerAuthentication', 'MeshPolicy', 'Policy', 'DestinationRule', 'Service', 'workloads', 'autoMtls'],
  models: ['multi-primary-one-network', 'multi-primary-networks', 'hybrid-cloud', 'locality-three-clusters'],
  options: {
    strictEverywhere: {
      schema: { type: 'boolean' },
      description: '`true`: STRICT in one cluster and PERMISSIVE in another is a warning instead of info.',
    },
  },
  messages: {
    refused: 'mTLS of {services}: {modes}; clients of {callers} send mTLS to {servers}, which takes plaintext only',
    plain: 'mTLS of {services}: {modes}; clients of {callers} send plaintext to {servers}, which refuses it',
    exposed: 'mTLS of {services}: {modes}; clients of {callers} send plaintext to {servers}, which would take mTLS',
    differs: 'mTLS of {services}: {modes}',
  },
  check(mesh, report) {
    if (policiesAgree(mesh)) return;
    const isStrict = mesh.settings.options['mtls/peer-auth-agrees']?.['strictEverywhere'] === true;
    const found = new Map<string, Difference[]>();
    for (const target of targetsOf(mesh)) {
      const readers = readersOf(mesh, target);
      for (const port of target.ports)
        for (const difference of differencesOf(mesh, target, port, readers)) {
          if (isToldElsewhere(mesh, difference)) continue;
          const key = [placeKey(difference.main.place), difference.modes].join('\0');
          const held = found.get(key);
          if (held === undefined) found.set(key, [difference]);
          else held.push(difference);
        }
    }
    for (const [, group] of [...found].toSorted(([a], [b]) => compareText(a, b))) {
      const rank = Math.min(...group.map((difference) => SEVERITIES.indexOf(difference.severity)));
      const worst = group.filter((difference) => SEVERITIES.indexOf(difference.severity) === rank);
      const effect = EFFECTS.find((name) => worst.some((difference) => difference.effect === name)) ?? 'differs';
      const told = worst.filter((difference) => difference.effect === effect);
      const { main, modes, also } = told[0]!;
      const severity = effect === 'differs' && isStrict ? 'warning' : SEVERITIES[rank]!;
      const where = { at: main.place, cluster: main.config.name, resource: main.mtls.policy, also, severity };
      const common = { services: someInWords(unique(group.map((difference) => difference.target.name))), modes };
      if (effect === 'differs') report('differs', where, common);
      else
        report(effect, where, {
          ...common,
          callers: inWords(unique(told.map((difference) => difference.caller.name))),
          servers: inWords(unique(told.map((difference) => difference.server.name))),
        });
    }
  },
});

const EFFECTS = ['refused', 'plain', 'exposed', 'differs'] as const;

/** What one workload's mode is by the policies of several config clusters. */
interface Difference {
  readonly target: Target;
  readonly main: Judged & { readonly place: Place };
  /** `STRICT in east (PeerAuthentication istio-system/default), DISABLE in west (…)`. */
  readonly modes: string;
  readonly effect: (typeof EFFECTS)[number];
  readonly severity: Severity;
  readonly caller: Member;
  readonly server: Member;
  readonly also: readonly Related[];
}

/** The mode of a server by the policies of a config cluster. */
interface Judged {
  readonly config: Member;
  readonly mtls: ServerMtls['mtls'];
}

/**
 * The policy costs callers of another network the endpoints, which mtls/cross-network-accepts-mtls says of it: for this
 * Service, or for others while this one is not called.
 */
const isToldElsewhere = (mesh: Mesh, { main, target, severity }: Difference): boolean => {
  const { policy } = main.mtls;
  const told = policy === undefined ? undefined : refusingPolicies(mesh).get(policy);
  return told !== undefined && (severity !== 'error' || told.has(target));
};

/** How pods of equal labels are judged by all readers, each asked once; `kind` where all agree. */
interface Sight {
  readonly judged: readonly Judged[];
  readonly kind: string | undefined;
}

const differencesOf = (
  mesh: Mesh,
  target: Target,
  port: ServicePort,
  readers: readonly Member[],
): readonly Difference[] => {
  const own = modesOf(mesh, target, port).filter(
    (mode) => mode.meshed === 'yes' && mode.server.workload !== undefined && mode.mtls.mode !== 'unknown',
  );
  if (!own.some((mode) => readers.some((reader) => reader !== mode.config))) return [];
  const sights = new Map<string, Sight>();
  return own.flatMap((mode) => {
    const { server } = mode;
    const key = JSON.stringify([server.namespace, portInside(port, server), server.labels]);
    let sight = sights.get(key);
    if (sight === undefined) sights.set(key, (sight = sightOf(mesh, target, port, server, readers)));
    if (sight.kind === kindOf(mode)) return [];
    return differenceOf(
      mesh,
      target,
      mode,
      sight.judged.filter((judged) => judged.config !== mode.config),
    );
  });
};

const sightOf = (mesh: Mesh, target: Target, port: ServicePort, server: Server, readers: readonly Member[]): Sight => {
  const judged = readers.flatMap((config): readonly Judged[] => {
    const mtls = modeSeenBy(mesh, config, target, port, server);
    return mtls === undefined || mtls.mode === 'unknown' ? [] : [{ config, mtls }];
  });
  const kinds = new Set(judged.map(kindOf));
  return { judged, kind: kinds.size === 1 ? [...kinds][0] : undefined };
};

/** Config clusters whose clients may call the Service in other clusters, and leave the choice to auto mTLS. */
const readersOf = (mesh: Mesh, target: Target): readonly Member[] =>
  realmsOf(mesh)
    .map((realm) => realm.config)
    .filter(
      (config) =>
        (target.config === undefined || target.config === config) &&
        hasClients(mesh, config) &&
        !isClusterLocal(mesh, config, target.hostIn(config)) &&
        !saysTlsFor(mesh, config, target),
    );

const hasClients = oncePerMember((mesh, config): boolean =>
  [...clientsOf(mesh, config).values()].some((clients) => clients.some(({ workload }) => !workload.gateway)),
);

/** Plaintext without policy (<= 1.4) is what DISABLE says. */
const kindOf = ({ mtls }: Judged): string => (mtls.mode === 'plaintext' ? 'DISABLE' : mtls.mode);

const differenceOf = (mesh: Mesh, target: Target, mode: ServerMtls, seen: readonly Judged[]): readonly Difference[] => {
  const server: Judged = { config: mode.config, mtls: mode.mtls };
  const effects = seen
    .map((caller) => ({ caller, ...effectOf(mesh, target, mode, caller) }))
    .filter((entry) => entry.severity !== undefined);
  const worst = SEVERITIES.map((rank) => effects.find((entry) => entry.severity === rank)).find(
    (entry) => entry !== undefined,
  );
  if (worst?.severity === undefined) return [];
  const all = [server, ...seen].toSorted((a, b) => compareText(a.config.name, b.config.name));
  const main = mainOf(all);
  if (main === undefined) return [];
  return [
    {
      target,
      main,
      modes: modesInWords(all),
      effect: worst.effect,
      severity: worst.severity,
      caller: worst.caller.config,
      server: mode.server.member,
      also: all
        .filter((judged) => judged.mtls.place !== undefined && judged.config !== main.config)
        .map((judged) => ({
          place: judged.mtls.place!,
          cluster: judged.config.name,
          message: `${judged.mtls.source}: ${judged.mtls.mode}`,
        })),
    },
  ];
};

/** What the clients of a config cluster do to a server, as far as it goes wrong. */
const effectOf = (
  mesh: Mesh,
  target: Target,
  mode: ServerMtls,
  caller: Judged,
): { readonly effect: Difference['effect']; readonly severity: Severity | undefined } => {
  const [there, here] = [kindOf({ config: mode.config, mtls: mode.mtls }), kindOf(caller)];
  if (there === here) return { effect: 'differs', severity: undefined };
  if (there !== 'DISABLE' && here !== 'DISABLE') return { effect: 'differs', severity: 'info' };
  const { minors } = mesh.versionOf(caller.config);
  if (valueOf(autoMtlsAt(caller.config.cluster, minors)) !== true) return { effect: 'differs', severity: undefined };
  if (there === 'PERMISSIVE') return { effect: 'exposed', severity: 'warning' };
  return { effect: there === 'DISABLE' ? 'refused' : 'plain', severity: severityOf(mesh, target, mode, caller.config) };
};

/**
 * Error where the clients provably call the Service. Across networks the endpoints are lost at the gateway, which
 * mtls/cross-network-accepts-mtls tells as an error.
 */
const severityOf = (mesh: Mesh, target: Target, mode: ServerMtls, caller: Member): Severity => {
  const { service } = target;
  const { workload, member } = mode.server;
  if (service === undefined || workload === undefined) return 'warning';
  const isCalled = usersOfService(mesh, service).some(
    (user) =>
      mesh.configCluster(user.member) === caller && reach(mesh, user.member, member, workload).byGateway !== 'yes',
  );
  return isCalled ? 'error' : 'warning';
};

/** The policy to change: that of the odd cluster; of two, the one that switches mTLS off, else the first that says something. */
const mainOf = (all: readonly Judged[]): (Judged & { readonly place: Place }) | undefined => {
  const found = deviations(all, kindOf);
  const odd = found.some((deviation) => deviation.isOutvoted) ? found.map((deviation) => deviation.odd) : [];
  const ranked = [...odd, ...all.filter((judged) => kindOf(judged) === 'DISABLE'), ...all];
  const main = ranked.find((judged) => judged.mtls.place !== undefined);
  if (main?.mtls.place !== undefined) return { ...main, place: main.mtls.place };
  const owner = ranked.find((judged) => judged.mtls.policy !== undefined);
  return owner?.mtls.policy === undefined ? undefined : { ...owner, place: placeIn(owner.mtls.policy, 'spec') };
};

const modesInWords = (all: readonly Judged[]): string => {
  const groups = new Map<string, string[]>();
  for (const { config, mtls } of all) {
    const key = `${mtls.mode}\0${mtls.source}`;
    groups.set(key, [...(groups.get(key) ?? []), config.name]);
  }
  return [...groups]
    .map(([key, clusters]) => `${key.split('\0')[0]!} in ${inWords(clusters)} (${key.split('\0')[1]!})`)
    .join(', ');
};

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)].toSorted(compareText);
