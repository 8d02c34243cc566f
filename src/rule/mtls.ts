import type { Member, Mesh } from '../facts/mesh.ts';
import type { Place, Resource } from '../model/index.ts';
import { describe, get, isRecord, list, placeIn, record, scalar, sightingsOf, text, valueOf } from '../model/index.ts';
import { hidesKind } from '../facts/sources.ts';
import { runsControlPlane } from './controlPlane/roles.ts';
import { statementsOf } from './objects.ts';
import { oncePerMember, oncePerMesh, realmsOf, rootNamespaceOf } from './scope.ts';
import type { Labels } from './selectors.ts';
import { matchLabels, selects } from './selectors.ts';

/** What a server takes. `plaintext` is the default up to Istio 1.4, where no policy makes it answer mTLS. */
export type ServerMode = 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'plaintext' | 'unknown';

export interface EffectiveMtls {
  readonly mode: ServerMode;
  /** How far down the policy that decides stands; `default` where there is none. */
  readonly level: 'default' | 'mesh' | 'namespace' | 'workload' | 'port';
  /** The policy that decides, and the key in it. */
  readonly policy: Resource | undefined;
  readonly place: Place | undefined;
  /** `PeerAuthentication istio-system/default`, `default of Istio 1.20`. */
  readonly source: string;
}

/** A pod as policies see it. */
export interface Served {
  readonly namespace: string | undefined;
  readonly labels: Labels;
  /** Alpha policies (<= 1.5) name a Service and its port. */
  readonly service?:
    | { readonly name: string; readonly port?: number | undefined; readonly portName?: string | undefined }
    | undefined;
}

/**
 * The mode in which a pod's port is served, by the policies of its config cluster: mesh, then namespace, then
 * workload, then port; what sets no mode inherits. `containerPort` undefined: not known.
 */
export const effectiveMtls = (
  mesh: Mesh,
  config: Member,
  served: Served,
  containerPort: number | undefined,
): EffectiveMtls => {
  const { low, high } = mesh.versionOf(config).minors;
  const policies = policiesOf(mesh, config);
  const beta = high >= 5 ? peerAuthentication(policies, served, containerPort) : undefined;
  if (beta !== undefined) return beta;
  const alpha = low <= 5 ? alphaPolicy(policies, served) : undefined;
  if (alpha !== undefined) return alpha;
  if (hidesKind(config.cluster, high >= 6 ? ['PeerAuthentication'] : ['PeerAuthentication', 'MeshPolicy', 'Policy']))
    return undecided('a file that may hold the policy cannot be read');
  const none = { level: 'default', policy: undefined, place: undefined } as const;
  if (low >= 5) return { ...none, mode: 'PERMISSIVE', source: 'no policy' };
  // Plaintext is what a proven control plane without policy means; elsewhere the policy may be out of sight.
  if (high <= 4 && runsControlPlane(mesh, config)) return { ...none, mode: 'plaintext', source: 'no policy' };
  return undecided('without a policy the Istio version decides');
};

const undecided = (source: string): EffectiveMtls => ({
  mode: 'unknown',
  level: 'default',
  policy: undefined,
  place: undefined,
  source,
});

/** The mode for the mesh as a whole; undefined where no policy says one. `alpha` asks MeshPolicy alone (<= 1.5). */
export const meshWideMtls = (mesh: Mesh, config: Member, kind?: 'alpha'): EffectiveMtls | undefined => {
  const { low } = mesh.versionOf(config).minors;
  const beta = kind === 'alpha' ? undefined : betaMode(mesh, config, undefined);
  return beta ?? (low <= 5 ? policiesOf(mesh, config).meshPolicy : undefined);
};

/** What PeerAuthentications say for a namespace, or for the mesh (undefined); undefined where none sets a mode (1.5+). */
export const betaMode = (mesh: Mesh, config: Member, namespace: string | undefined): EffectiveMtls | undefined => {
  if (mesh.versionOf(config).minors.high < 5) return undefined;
  const policies = policiesOf(mesh, config);
  return levelMode(
    policies.byNamespace.get(namespace ?? policies.rootNamespace) ?? [],
    namespace === undefined ? 'mesh' : 'namespace',
  );
};

/** Whether any PeerAuthentication of a config cluster switches mTLS off, for whatever pods. */
export const switchesOff = oncePerMember((mesh, config): boolean => {
  const { byNamespace, selecting, unplaced } = policiesOf(mesh, config);
  return [...byNamespace.values(), ...selecting.values(), unplaced].some((policies) =>
    policies.some(
      (policy) => modeOf(policy, 'workload')?.mode === 'DISABLE' || portModes(policy, undefined).length > 0,
    ),
  );
});

/**
 * Whether all config clusters give every pod the same mode, because they hold the same policies and nothing else that
 * decides differs. `false` proves nothing.
 */
export const policiesAgree = oncePerMesh((mesh): boolean => {
  const [first, ...others] = realmsOf(mesh).map(({ config }) => basisOf(mesh, config));
  return first === undefined || others.every((other) => other === first);
});

/** All that `effectiveMtls` reads of a config cluster, as one text. */
const basisOf = (mesh: Mesh, config: Member): string =>
  JSON.stringify([
    mesh.versionOf(config).minors,
    mesh.roleOf(config),
    rootNamespaceOf(config),
    hidesKind(config.cluster, ['PeerAuthentication']),
    hidesKind(config.cluster, ['PeerAuthentication', 'MeshPolicy', 'Policy']),
    [config.meshMtlsEnabled.state, valueOf(config.meshMtlsEnabled)],
    ...POLICY_KINDS.flatMap(([kind, group]) =>
      statementsOf(config.resources.ofKind(kind, group)).map(({ resource, ambiguous }) => [
        kind,
        resource.namespace,
        resource.name,
        ambiguous,
        resource.value['spec'],
      ]),
    ),
  ]);

const POLICY_KINDS = [
  ['PeerAuthentication', 'security.istio.io'],
  ['Policy', 'authentication.istio.io'],
  ['MeshPolicy', 'authentication.istio.io'],
] as const;

/** Namespaces with an alpha Policy `default` for all their services, and its mode (<= 1.5). */
export const namespacePolicies = (mesh: Mesh, config: Member): ReadonlyMap<string, EffectiveMtls> =>
  policiesOf(mesh, config).namespaceDefaults;

interface Policies {
  readonly rootNamespace: string;
  /** PeerAuthentications without selector, by namespace. */
  readonly byNamespace: ReadonlyMap<string, readonly Policy[]>;
  readonly selecting: ReadonlyMap<string, readonly Policy[]>;
  /** PeerAuthentications that state no namespace: they may be anywhere. */
  readonly unplaced: readonly Policy[];
  readonly meshPolicy: EffectiveMtls | undefined;
  readonly namespaceDefaults: ReadonlyMap<string, EffectiveMtls>;
  readonly targeted: ReadonlyMap<string, readonly AlphaTarget[]>;
}

interface Policy {
  readonly resource: Resource;
  readonly selector: Labels | undefined;
  readonly ambiguous: boolean;
}

interface AlphaTarget {
  readonly ports: readonly unknown[];
  readonly mtls: EffectiveMtls;
}

const policiesOf = oncePerMember((_mesh, config): Policies => {
  const parsed = statementsOf(config.resources.ofKind('PeerAuthentication', 'security.istio.io')).map(
    ({ resource, ambiguous }): Policy => ({
      resource,
      ambiguous,
      selector: matchLabels(resource.value['spec'], 'selector'),
    }),
  );
  const placed = parsed.filter((policy) => policy.resource.namespace !== undefined);
  const groupBy = (policies: readonly Policy[]): Map<string, Policy[]> => {
    const groups = new Map<string, Policy[]>();
    for (const policy of policies) {
      const namespace = policy.resource.namespace!;
      const held = groups.get(namespace);
      if (held === undefined) groups.set(namespace, [policy]);
      else held.push(policy);
    }
    return groups;
  };
  return {
    rootNamespace: rootNamespaceOf(config),
    byNamespace: groupBy(placed.filter((policy) => policy.selector === undefined)),
    selecting: groupBy(placed.filter((policy) => policy.selector !== undefined)),
    unplaced: parsed.filter((policy) => policy.resource.namespace === undefined),
    ...alphaPolicies(config),
  };
});

// ---- beta: PeerAuthentication (1.5+) ----

/** What the levels say, from mesh to port; undefined where none of them sets a mode. */
const peerAuthentication = (
  policies: Policies,
  served: Served,
  containerPort: number | undefined,
): EffectiveMtls | undefined => {
  const { namespace } = served;
  let found = levelMode(policies.byNamespace.get(policies.rootNamespace) ?? [], 'mesh');
  // In the root namespace policies with a selector are ignored, and the namespace level is the mesh level.
  if (namespace !== undefined && namespace !== policies.rootNamespace) {
    found = levelMode(policies.byNamespace.get(namespace) ?? [], 'namespace') ?? found;
    found = workloadMode(policies.selecting.get(namespace) ?? [], served, containerPort) ?? found;
  }
  if (namespace === undefined && policies.byNamespace.size > Number(policies.byNamespace.has(policies.rootNamespace)))
    return undecided('the namespace of the pods is not stated');
  const stray = policies.unplaced.some((policy) => {
    const mode = modeOf(policy, 'namespace')?.mode;
    return (
      mode !== undefined &&
      mode !== found?.mode &&
      (policy.selector === undefined || selects(policy.selector, served.labels) !== 'no')
    );
  });
  return stray ? undecided('a PeerAuthentication states no namespace') : found;
};

const workloadMode = (
  policies: readonly Policy[],
  served: Served,
  containerPort: number | undefined,
): EffectiveMtls | undefined => {
  const matching = policies.filter((policy) => selects(policy.selector ?? {}, served.labels) !== 'no');
  if (matching.length === 0) return undefined;
  const unsure = matching.some((policy) => selects(policy.selector ?? {}, served.labels) === 'unknown');
  const level = levelMode(matching, 'workload');
  const ports = matching.flatMap((policy) => portModes(policy, containerPort));
  const port = agree(ports);
  const found = port ?? level;
  return unsure && found !== undefined ? undecided('labels are templates') : found;
};

/** The entry of `portLevelMtls` for a port; all of them where the port is not known. */
const portModes = (policy: Policy, containerPort: number | undefined): readonly EffectiveMtls[] =>
  Object.entries(record(get(policy.resource.value, 'spec', 'portLevelMtls'))).flatMap(([port, entry]) => {
    if (containerPort !== undefined && port !== String(containerPort)) return [];
    const mode = modeIn(get(entry, 'mode'));
    if (mode === undefined) return [];
    if (containerPort === undefined) return [undecided('the container port is not known')];
    return [
      {
        mode,
        level: 'port',
        policy: policy.resource,
        place: placeIn(policy.resource, 'spec', 'portLevelMtls', port, 'mode'),
        source: describe(policy.resource),
      },
    ];
  });

const modeOf = (policy: Policy, level: EffectiveMtls['level']): EffectiveMtls | undefined => {
  const mode = modeIn(get(policy.resource.value, 'spec', 'mtls', 'mode'));
  if (mode === undefined) return undefined;
  return {
    mode: policy.ambiguous ? 'unknown' : mode,
    level,
    policy: policy.resource,
    place: placeIn(policy.resource, 'spec', 'mtls', 'mode'),
    source: describe(policy.resource),
  };
};

/** UNSET and nothing inherit; text that is no mode is unknown. */
const modeIn = (value: unknown): ServerMode | undefined => {
  const written = scalar(value);
  if (written === undefined || written === '' || written === 'UNSET') return undefined;
  return written === 'STRICT' || written === 'PERMISSIVE' || written === 'DISABLE' ? written : 'unknown';
};

/** The oldest policy of a level counts; age is not in the files, so policies that differ leave it unknown. */
const levelMode = (policies: readonly Policy[], level: EffectiveMtls['level']): EffectiveMtls | undefined => {
  const modes = policies.map((policy) => modeOf(policy, level));
  const said = modes.filter((mode) => mode !== undefined);
  if (said.length > 0 && said.length < modes.length) return undecided('two policies of one level differ');
  return agree(said);
};

const agree = (modes: readonly EffectiveMtls[]): EffectiveMtls | undefined => {
  const first = modes[0];
  return first === undefined || modes.every((mode) => mode.mode === first.mode)
    ? first
    : undecided('two policies of one level differ');
};

// ---- alpha: MeshPolicy and Policy (<= 1.5) ----

const alphaPolicy = (policies: Policies, served: Served): EffectiveMtls | undefined => {
  const { namespace, service } = served;
  const targets =
    service === undefined || namespace === undefined
      ? []
      : (policies.targeted.get(`${namespace}/${service.name}`) ?? []);
  const matching = targets.filter(
    (target) =>
      target.ports.length === 0 ||
      target.ports.some((port) => get(port, 'number') === service?.port || get(port, 'name') === service?.portName),
  );
  const ported = matching.filter((target) => target.ports.length > 0);
  const targeted = agree((ported.length > 0 ? ported : matching).map((target) => target.mtls));
  return (
    targeted ?? (namespace === undefined ? undefined : policies.namespaceDefaults.get(namespace)) ?? policies.meshPolicy
  );
};

const alphaPolicies = (config: Member): Pick<Policies, 'meshPolicy' | 'namespaceDefaults' | 'targeted'> => {
  const namespaceDefaults = new Map<string, EffectiveMtls>();
  const targeted = new Map<string, AlphaTarget[]>();
  for (const { resource, ambiguous } of statementsOf(config.resources.ofKind('Policy', 'authentication.istio.io'))) {
    if (resource.namespace === undefined) continue;
    const targets = list(get(resource.value, 'spec', 'targets'));
    const level = targets.length === 0 ? 'namespace' : 'workload';
    const mtls = alphaMode(resource, ambiguous, level);
    if (targets.length === 0 && resource.name === 'default') namespaceDefaults.set(resource.namespace, mtls);
    for (const target of targets) {
      const name = text(get(target, 'name'));
      if (name === undefined) continue;
      const key = `${resource.namespace}/${name}`;
      targeted.set(key, [...(targeted.get(key) ?? []), { ports: list(get(target, 'ports')), mtls }]);
    }
  }
  return { meshPolicy: alphaMeshPolicy(config), namespaceDefaults, targeted };
};

/** MeshPolicy `default`; without it `global.mtls.enabled`, which makes the chart install one. */
const alphaMeshPolicy = (config: Member): EffectiveMtls | undefined => {
  const written = statementsOf(config.resources.ofKind('MeshPolicy', 'authentication.istio.io')).find(
    ({ resource }) => resource.name === 'default',
  );
  if (written !== undefined) return alphaMode(written.resource, written.ambiguous, 'mesh');
  const enabled = valueOf(config.meshMtlsEnabled);
  if (enabled === undefined || config.meshMtlsEnabled.state === 'conflict') return undefined;
  const sighting = sightingsOf(config.meshMtlsEnabled)[0];
  return {
    mode: enabled ? 'STRICT' : 'PERMISSIVE',
    level: 'mesh',
    policy: undefined,
    place: sighting?.place,
    source: sighting?.source ?? 'values.global.mtls.enabled',
  };
};

const alphaMode = (resource: Resource, ambiguous: boolean, level: EffectiveMtls['level']): EffectiveMtls => ({
  mode: ambiguous ? 'unknown' : alphaPeers(get(resource.value, 'spec')),
  level,
  policy: resource,
  place: placeIn(resource, 'spec', 'peers'),
  source: resource.kind === 'MeshPolicy' ? `MeshPolicy ${resource.name}` : describe(resource),
});

/** `mtls: {}` and `mtls: null` demand mTLS; without an entry for mtls the server takes plaintext only. */
const alphaPeers = (spec: unknown): ServerMode => {
  const peer = list(get(spec, 'peers')).find((entry) => isRecord(entry) && Object.hasOwn(entry, 'mtls'));
  if (peer === undefined) return 'plaintext';
  const mode = scalar(get(peer, 'mtls', 'mode')) ?? 'STRICT';
  if (mode === 'PERMISSIVE' || get(spec, 'peerIsOptional') === true || get(peer, 'mtls', 'allowTls') === true)
    return 'PERMISSIVE';
  return mode === 'STRICT' ? 'STRICT' : 'unknown';
};
