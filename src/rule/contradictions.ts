// Where an explicit client mode and the servers of a target do not go together.
import type { Member, Mesh } from '../facts/mesh.ts';
import type { Related, Severity } from '../model/index.ts';
import { compareText, describe, isTemplate } from '../model/index.ts';
import type { ClientTls } from './clientTls.ts';
import type { Realm } from './scope.ts';
import { inWords, isBehindGateway, networkOf, oncePerMember, oncePerMesh } from './scope.ts';
import { clientsOf } from './clients.ts';
import { ruleWithoutPolicy } from './meshClientRule.ts';
import type { ServerMtls, Target } from './servers.ts';
import { serverModes, servesOwnTls } from './servers.ts';
import { containerPort, type ServicePort } from './services.ts';

export interface Contradiction {
  readonly severity: Severity;
  /** `cart.shop is STRICT in west (PeerAuthentication istio-system/default), PERMISSIVE in east`. */
  readonly text: string;
  readonly also: readonly Related[];
  /** Servers that refuse because of a policy, where nothing else is in the way. */
  readonly byPolicy: readonly ServerMtls[];
}

/** What calls of a realm's clients with that tls meet; undefined where they go through, or where it is unknown. */
export const contradiction = (
  mesh: Mesh,
  realm: Realm,
  target: Target,
  port: ServicePort,
  tls: ClientTls,
): Contradiction | undefined => {
  const modes = modesOf(mesh, target, port);
  // A Service without any proven sidecar is not part of the mesh: any client mode may be right.
  if (!modes.some((mode) => mode.meshed === 'yes')) return ifMeshed(target, modes, tls);
  if (tls.mode === 'ISTIO_MUTUAL') return againstMutual(mesh, realm, target, modes, tls);
  if (tls.mode === 'none' || tls.mode === 'unknown') return undefined;
  const meshed = modes.filter(
    (mode) => mode.meshed === 'yes' && !(tls.mode !== 'DISABLE' && takesOwnTls(mesh, mode, port)),
  );
  if (meshed.every((mode) => mode.mtls.mode === 'DISABLE' || mode.mtls.mode === 'plaintext')) return undefined;
  const far = remoteServers(mesh, realm, meshed);
  const strict = meshed.some((mode) => mode.mtls.mode === 'STRICT');
  const permissive = meshed.some((mode) => mode.mtls.mode === 'PERMISSIVE');
  if (!strict && !permissive && far.length === 0) return undefined;
  const local: Severity = strict ? 'error' : tls.mode === 'DISABLE' ? 'warning' : 'info';
  return {
    severity: far.length > 0 ? 'error' : local,
    text: [`${target.name} is ${modesInWords(meshed)}`, ...gatewayInWords(far)].join(', and '),
    also: [...relatedPolicies(meshed), ...relatedGateways(far)],
    byPolicy: far.length > 0 ? [] : meshed.filter((mode) => mode.mtls.mode === 'STRICT'),
  };
};

/** Where no file tells of sidecars, a policy that demands mTLS of everybody makes the rule worth a look, and no more. */
const ifMeshed = (target: Target, modes: readonly ServerMtls[], tls: ClientTls): Contradiction | undefined => {
  const strict = modes.filter((mode) => mode.meshed === 'unknown' && mode.mtls.mode === 'STRICT');
  if (strict.length === 0 || !['DISABLE', 'SIMPLE', 'MUTUAL'].includes(tls.mode)) return undefined;
  return {
    severity: 'info',
    text: `${target.name} is ${modesInWords(strict)} if its pods have a sidecar, which no file tells`,
    also: relatedPolicies(strict),
    byPolicy: strict,
  };
};

/** Modes per target and port, asked for by every realm. */
const modeCache = oncePerMesh(() => new Map<Target, Map<number, readonly ServerMtls[]>>());

export const modesOf = (mesh: Mesh, target: Target, port: ServicePort): readonly ServerMtls[] => {
  const cache = modeCache(mesh);
  let ports = cache.get(target);
  if (ports === undefined) cache.set(target, (ports = new Map()));
  let modes = ports.get(port.number);
  if (modes === undefined) ports.set(port.number, (modes = serverModes(mesh, target, port)));
  return modes;
};

const takesOwnTls = (mesh: Mesh, mode: ServerMtls, port: ServicePort): boolean => {
  const inside = mode.server.workload === undefined ? undefined : containerPort(port, mode.server.workload);
  return inside !== undefined && servesOwnTls(mesh, mode.server, inside);
};

const againstMutual = (
  mesh: Mesh,
  realm: Realm,
  target: Target,
  modes: readonly ServerMtls[],
  tls: ClientTls,
): Contradiction | undefined => {
  const plain = modes.filter(
    (mode) =>
      mode.meshed === 'no' ||
      (mode.meshed === 'yes' && ['DISABLE', 'plaintext'].includes(mode.mtls.mode) && !isOfWholeMesh(mesh, mode)),
  );
  if (plain.length > 0) {
    const takers = modes.filter((mode) => !plain.includes(mode));
    return {
      severity: takers.length > 0 ? 'warning' : 'error',
      text: `${target.name} takes no mTLS in ${reasonsInWords(plain)}`,
      also: relatedPlain(plain),
      byPolicy: plain.some((mode) => mode.meshed === 'no') ? [] : plain,
    };
  }
  if (tls.sni === undefined || isTemplate(tls.sni)) return undefined;
  const far = remoteServers(
    mesh,
    realm,
    modes.filter((mode) => mode.meshed === 'yes'),
  );
  if (far.length === 0) return undefined;
  return {
    severity: 'error',
    text: [
      `calls of ${target.name} carry the sni ${tls.sni}`,
      ...gatewayInWords(far, 'routes by the SNI of Istio'),
    ].join(', and '),
    also: relatedGateways(far),
    byPolicy: [],
  };
};

/** Without any policy for a mesh whose clients all use mTLS: mtls/mesh-wide-client-rule tells that once for all. */
const isOfWholeMesh = (mesh: Mesh, { mtls, config }: ServerMtls): boolean =>
  mtls.level === 'default' && mtls.mode === 'plaintext' && isWithoutPolicy(mesh, config);

const isWithoutPolicy = oncePerMember((mesh, config): boolean => ruleWithoutPolicy(mesh, config) !== undefined);

// ---- words ----

const modesInWords = (modes: readonly ServerMtls[]): string => {
  const groups = clustersBy(
    modes.filter((mode) => mode.mtls.mode !== 'unknown'),
    (mode) => `${mode.mtls.mode}\0${mode.mtls.source}`,
  );
  const order = ['STRICT', 'PERMISSIVE', 'DISABLE', 'plaintext'];
  return groups
    .toSorted(
      (a, b) =>
        order.indexOf(a.key.split('\0')[0]!) - order.indexOf(b.key.split('\0')[0]!) || compareText(a.key, b.key),
    )
    .map(({ key, clusters }) => {
      const [mode, source] = key.split('\0');
      return `${mode!} in ${inWords(clusters)} (${source!})`;
    })
    .join(', ');
};

const reasonsInWords = (modes: readonly ServerMtls[]): string =>
  clustersBy(modes, reasonOf)
    .toSorted((a, b) => compareText(a.key, b.key))
    .map(({ key, clusters }) => `${inWords(clusters)} (${key})`)
    .join(', ');

const reasonOf = (mode: ServerMtls): string => {
  if (mode.meshed !== 'no') return `${mode.mtls.source}: ${mode.mtls.mode}`;
  const owner = mode.server.workload === undefined ? 'an endpoint' : describe(mode.server.workload.resource);
  return mode.server.labels['security.istio.io/tlsMode'] === 'disabled'
    ? `${owner} has tlsMode disabled`
    : `${owner} has no sidecar`;
};

const clustersBy = (
  modes: readonly ServerMtls[],
  key: (mode: ServerMtls) => string,
): readonly { readonly key: string; readonly clusters: readonly string[] }[] => {
  const groups = new Map<string, Set<string>>();
  for (const mode of modes) groups.set(key(mode), (groups.get(key(mode)) ?? new Set()).add(mode.server.member.name));
  return [...groups].map(([group, clusters]) => ({ key: group, clusters: [...clusters].toSorted(compareText) }));
};

/** A cluster with servers that clients reach through the gateway of another network. */
interface Far {
  readonly from: Member;
  readonly to: Member;
}

const remoteServers = (mesh: Mesh, realm: Realm, modes: readonly ServerMtls[]): readonly Far[] => {
  const callers = [
    ...new Set(
      [...clientsOf(mesh, realm.config).values()].flatMap((clients) =>
        clients.filter(({ workload }) => !workload.gateway).map(({ member }) => member),
      ),
    ),
  ];
  const serving = [...new Set(modes.map((mode) => mode.server.member))];
  return callers
    .flatMap((from) => serving.filter((to) => isBehindGateway(mesh, from, to) === 'yes').map((to) => ({ from, to })))
    .toSorted((a, b) => compareText(a.from.name, b.from.name) || compareText(a.to.name, b.to.name));
};

const gatewayInWords = (far: readonly Far[], takes = 'takes mTLS of Istio only'): readonly string[] => {
  const from = [...new Set(far.map((pair) => pair.from.name))];
  const to = [...new Set(far.map((pair) => pair.to.name))];
  const networks = [...new Set(far.map((pair) => networkOf(pair.to)))].filter((name) => name !== undefined);
  if (far.length === 0) return [];
  return [
    `${inWords(from)} ${from.length === 1 ? 'reaches' : 'reach'} ${inWords(to)} through the gateway of ${inWords(networks)}, which ${takes}`,
  ];
};

// ---- places ----

const relatedPolicies = (modes: readonly ServerMtls[]): readonly Related[] => {
  const found = new Map<string, Related>();
  for (const { config, mtls } of modes)
    if (mtls.place !== undefined)
      found.set(`${mtls.source}\0${config.name}`, {
        place: mtls.place,
        cluster: config.name,
        message: `${mtls.source}: ${mtls.mode}`,
      });
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, related]) => related);
};

const relatedPlain = (modes: readonly ServerMtls[]): readonly Related[] => {
  const found = new Map<string, Related>();
  for (const mode of modes) {
    const place = mode.meshed === 'no' ? mode.server.place : mode.mtls.place;
    const cluster = mode.meshed === 'no' ? mode.server.member.name : mode.config.name;
    if (place !== undefined) found.set(`${cluster}\0${reasonOf(mode)}`, { place, cluster, message: reasonOf(mode) });
  }
  return [...found].toSorted(([a], [b]) => compareText(a, b)).map(([, related]) => related);
};

const relatedGateways = (far: readonly Far[]): readonly Related[] => {
  const members = [...new Set(far.map((pair) => pair.to))];
  return members.flatMap((member) =>
    member.eastWestGateways
      .filter((gateway) => gateway.network === networkOf(member))
      .slice(0, 1)
      .map((gateway) => ({ place: gateway.place, cluster: member.name, message: `gateway of ${gateway.network}` })),
  );
};
