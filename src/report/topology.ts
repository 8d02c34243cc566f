import type { Member, Mesh } from '../facts/mesh.ts';
import type { Fleet, Note, Place, Range, Severity } from '../model/index.ts';
import { compareText, sightingsOf, valueOf } from '../model/index.ts';
import { deploymentModel, fleetModel } from './deploymentModel.ts';
import type { Paint } from './paint.ts';
import { printable } from './paint.ts';
import type { ReportedFinding } from './report.ts';
import { minorsText, shortId } from './rows.ts';
import { scrubbed } from './scrub.ts';

export interface TopologyOptions {
  readonly paint: Paint;
  readonly locate: (place: Place) => Range;
  readonly notes?: readonly Note[] | undefined;
  /** Clusters that a control plane should read and does not; left out: nothing is said of it. */
  readonly missingReads?: ((mesh: Mesh, reader: Member) => readonly Member[]) | undefined;
  /** What is wrong in these files; left out: nothing is said of it. */
  readonly findings?: readonly ReportedFinding[] | undefined;
}

export interface TopologyJson {
  readonly version: 1;
  /** How the meshes belong together, where there are several and a file tells. */
  readonly model?: string;
  readonly meshes: readonly MeshJson[];
  /** Clusters without anything of Istio. */
  readonly notes: readonly string[];
}

export interface MeshJson {
  readonly name: string;
  readonly because: string;
  /** Name of the deployment model: `multi-primary on several networks`. */
  readonly model: string;
  readonly clusters: readonly ClusterJson[];
  readonly networks: readonly { readonly name: string; readonly clusters: readonly string[] }[];
  /** Remote secrets: `from` reads the API server of `to`. */
  readonly reads: readonly ReadJson[];
  /** Remote secrets that should be there: `from` would read the API server of `to`. */
  readonly missingReads: readonly { readonly from: string; readonly to: string }[];
  readonly trust: readonly { readonly clusters: readonly string[]; readonly roots: readonly string[] }[];
  /** Clusters whose roots no file tells. */
  readonly trustUnknown: readonly string[];
  readonly findings: readonly MeshFindingJson[];
}

export interface MeshFindingJson {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** The cluster where it stands, then the others that it concerns. */
  readonly clusters: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface ClusterJson {
  readonly name: string;
  readonly clusterId?: string;
  readonly role: string;
  /** The role in words: `primary, open to remote clusters`. */
  readonly roleText: string;
  /** Clusters whose control planes serve it; itself for a primary. */
  readonly servedBy: readonly string[];
  /** Cluster whose Istio resources rule it. */
  readonly configCluster?: string;
  readonly network?: string;
  readonly istioVersion: string;
  readonly istioVersionAssumed: boolean;
  readonly gateways: readonly GatewayJson[];
}

export interface GatewayJson {
  readonly name: string;
  readonly namespace?: string;
  readonly network?: string;
  readonly ports: readonly number[];
  readonly file: string;
  readonly line: number;
}

export interface ReadJson {
  readonly from: string;
  /** Name of the cluster, or the id that no loaded cluster has. */
  readonly to: string;
  readonly loaded: boolean;
  readonly file: string;
  readonly line: number;
}

/** The meshes as people draw them, as data. */
export const topologyJson = (
  meshes: readonly Mesh[],
  fleet: Fleet,
  options: Pick<TopologyOptions, 'locate' | 'notes' | 'findings' | 'missingReads'>,
): TopologyJson => {
  const model = fleetModel(meshes);
  return scrubbed({
    version: 1,
    ...(model === undefined ? {} : { model }),
    meshes: meshes.map((mesh) => meshJson(mesh, options)),
    notes: [...fleet.notes, ...(options.notes ?? [])].map((note) => note.message),
  });
};

const meshJson = (mesh: Mesh, options: Pick<TopologyOptions, 'locate' | 'findings' | 'missingReads'>): MeshJson => {
  const { locate, findings } = options;
  const { groups, unknown } = trustGroups(mesh);
  return {
    name: mesh.name,
    because: mesh.because,
    model: deploymentModel(mesh),
    clusters: mesh.members.map((member) => clusterJson(mesh, member, locate)),
    networks: networkGroups(mesh),
    reads: reads(mesh, locate),
    missingReads: mesh.members.flatMap((member) =>
      (options.missingReads?.(mesh, member) ?? []).map((other) => ({ from: member.name, to: other.name })),
    ),
    trust: groups,
    trustUnknown: unknown,
    findings: findingsOf(mesh, findings ?? []),
  };
};

/** Findings of the clusters of this mesh. */
const findingsOf = (mesh: Mesh, findings: readonly ReportedFinding[]): readonly MeshFindingJson[] => {
  const names = new Set(mesh.members.map((member) => member.name));
  return findings.flatMap(({ rule, severity, message, cluster, related, file, line }) => {
    // What is missing is an arrow of its own; its related places only prove that it is needed.
    const others = rule === 'discovery/remote-secret-present' ? [] : related.map((place) => place.cluster);
    const clusters = [...new Set([cluster, ...others])].flatMap((name) =>
      name !== undefined && names.has(name) ? [name] : [],
    );
    return clusters.length === 0 ? [] : [{ rule, severity, message, clusters, file, line }];
  });
};

const clusterJson = (mesh: Mesh, member: Member, locate: TopologyOptions['locate']): ClusterJson => {
  const id = valueOf(mesh.idOf(member));
  const network = valueOf(member.network.fact);
  const config = mesh.configCluster(member);
  const version = mesh.versionOf(member);
  return {
    name: member.name,
    ...(id === undefined ? {} : { clusterId: id }),
    role: mesh.roleOf(member),
    roleText: roleText(mesh.roleOf(member), config?.name === member.name),
    servedBy: mesh.roleOf(member) === 'unknown' ? [] : mesh.primariesOf(member).map((primary) => primary.name),
    ...(config === undefined ? {} : { configCluster: config.name }),
    ...(network === undefined ? {} : { network }),
    istioVersion: minorsText(version.minors),
    istioVersionAssumed: version.assumed,
    gateways: gateways(member, locate),
  };
};

/** One entry for each gateway, though several files may state it. */
const gateways = (member: Member, locate: TopologyOptions['locate']): readonly GatewayJson[] => {
  const found = new Map<string, GatewayJson>();
  for (const gateway of member.eastWestGateways) {
    const { namespace, network, place } = gateway;
    const key = `${gateway.name} ${network}`;
    const ports = gateway.ports?.map((port) => port.port) ?? [];
    const held = found.get(key);
    if (held !== undefined && held.ports.length >= ports.length) continue;
    found.set(key, {
      name: gateway.name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(network === '' ? {} : { network }),
      ports: [...new Set(ports)].toSorted((a, b) => a - b),
      file: place.file.path,
      line: locate(place).line,
    });
  }
  return [...found.values()].toSorted(
    (a, b) => compareText(a.name, b.name) || compareText(a.network ?? '', b.network ?? ''),
  );
};

const networkGroups = (mesh: Mesh): MeshJson['networks'] => {
  const groups = new Map<string, string[]>();
  for (const member of mesh.members) {
    const name = valueOf(member.network.fact);
    if (name === undefined) continue;
    const held = groups.get(name);
    if (held === undefined) groups.set(name, [member.name]);
    else held.push(member.name);
  }
  return [...groups].map(([name, clusters]) => ({ name, clusters })).toSorted((a, b) => compareText(a.name, b.name));
};

const reads = (mesh: Mesh, locate: TopologyOptions['locate']): readonly ReadJson[] => {
  const byId = new Map<string, string>();
  for (const member of mesh.members) {
    const id = valueOf(mesh.idOf(member));
    if (id !== undefined) byId.set(id, member.name);
  }
  const names = new Set(mesh.members.map((member) => member.name));
  return mesh.members.flatMap((member) =>
    member.remoteSecrets.map((secret): ReadJson => {
      const called = secret.key ?? secret.hint ?? '?';
      const to = byId.get(called) ?? (names.has(called) ? called : undefined);
      return {
        from: member.name,
        to: to ?? called,
        loaded: to !== undefined,
        file: secret.place.file.path,
        line: locate(secret.place).line,
      };
    }),
  );
};

/** Clusters that trust a common root. */
const trustGroups = (mesh: Mesh): { groups: MeshJson['trust']; unknown: readonly string[] } => {
  const groups: { clusters: string[]; roots: Set<string> }[] = [];
  const unknown: string[] = [];
  for (const member of mesh.members) {
    const roots = valueOf(member.roots.fact);
    if (roots === undefined || roots.length === 0) {
      unknown.push(member.name);
      continue;
    }
    const ids = roots.map((root) => root.id);
    const touching = groups.filter((group) => ids.some((id) => group.roots.has(id)));
    const joined = {
      clusters: [...touching.flatMap((group) => group.clusters), member.name].toSorted(compareText),
      roots: new Set([...touching.flatMap((group) => [...group.roots]), ...ids]),
    };
    for (const group of touching) groups.splice(groups.indexOf(group), 1);
    groups.push(joined);
  }
  return {
    groups: groups
      .map((group) => ({ clusters: group.clusters, roots: [...group.roots].toSorted(compareText) }))
      .toSorted((a, b) => compareText(a.clusters[0] ?? '', b.clusters[0] ?? '')),
    unknown,
  };
};

/** The meshes as people draw them, for a terminal. */
export const renderTopology = (meshes: readonly Mesh[], fleet: Fleet, options: TopologyOptions): string => {
  const { paint } = options;
  const json = topologyJson(meshes, fleet, options);
  const overall = json.model === undefined ? [] : [`${json.meshes.length} meshes: ${json.model}`, ''];
  const lines = json.meshes.flatMap((mesh, index) => [...meshLines(mesh, meshes[index], paint), '']);
  return [...overall, ...lines, ...json.notes.map((note) => printable(`note: ${note}`))].join('\n').trimEnd() + '\n';
};

const meshLines = (mesh: MeshJson, source: Mesh | undefined, paint: Paint): readonly string[] => [
  `${paint.strong(printable(meshTitle(mesh.name)))}: ${mesh.model} ${paint.quiet(printable(`(${mesh.because})`))}`,
  ...idLine(source),
  '  clusters',
  ...mesh.clusters.flatMap((cluster) => clusterLines(cluster, paint)),
  ...(mesh.networks.length === 0
    ? []
    : [
        '  networks',
        ...mesh.networks.map((network) => printable(`    ${network.name}: ${network.clusters.join(', ')}`)),
      ]),
  ...(mesh.reads.length === 0
    ? []
    : [
        '  remote secrets',
        ...mesh.reads.map(
          (read) =>
            `${printable(`    ${read.from} -> ${read.to}${read.loaded ? '' : ' (not loaded)'}`)}  ${paint.quiet(printable(`${read.file}:${read.line}`))}`,
        ),
      ]),
  ...trustLines(mesh),
  ...findingLines(mesh, paint),
];

/** A mesh that nobody named is called `mesh`. */
export const meshTitle = (name: string): string => (name === 'mesh' ? name : `mesh ${name}`);

const idLine = (mesh: Mesh | undefined): readonly string[] => {
  const ids = new Set(
    (mesh?.members ?? []).flatMap((member) =>
      sightingsOf(member.meshId)
        .slice(0, 1)
        .map((sighting) => sighting.value),
    ),
  );
  return ids.size === 0 ? [] : [printable(`  mesh id ${scrubbed([...ids].toSorted(compareText)).join(', ')}`)];
};

const clusterLines = (cluster: ClusterJson, paint: Paint): readonly string[] => {
  const others = cluster.servedBy.filter((name) => name !== cluster.name);
  const parts = [
    cluster.roleText,
    ...(others.length === 0 ? [] : [`served by ${others.join(', ')}`]),
    ...(cluster.configCluster === undefined || cluster.configCluster === cluster.name
      ? []
      : [`configured in ${cluster.configCluster}`]),
    ...(cluster.network === undefined ? [] : [`network ${cluster.network}`]),
    `Istio ${cluster.istioVersion}${cluster.istioVersionAssumed ? ' (assumed)' : ''}`,
  ];
  const id = cluster.clusterId === undefined || cluster.clusterId === cluster.name ? '' : ` (id ${cluster.clusterId})`;
  return [
    `    ${paint.strong(printable(cluster.name))}${printable(`${id}: ${parts.join(', ')}`)}`,
    ...cluster.gateways.map((gateway) => {
      const network = gateway.network === undefined ? '' : ` for ${gateway.network}`;
      const ports = gateway.ports.length === 0 ? '' : ` on ${gateway.ports.join(', ')}`;
      return `${printable(`      east-west gateway ${gateway.name}${network}${ports}`)}  ${paint.quiet(printable(`${gateway.file}:${gateway.line}`))}`;
    }),
  ];
};

const roleText = (role: string, isOwnConfig: boolean): string => {
  if (role === 'unknown') return 'role unknown';
  if (role === 'external') return isOwnConfig ? 'primary, open to remote clusters' : 'external control plane';
  return role === 'config' ? 'remote config cluster' : role;
};

const trustLines = (mesh: MeshJson): readonly string[] => {
  const unknown =
    mesh.trustUnknown.length === 0 ? [] : [printable(`    ${mesh.trustUnknown.join(', ')}: not told by the files`)];
  const known = mesh.trust.map((group) =>
    printable(`    ${group.clusters.join(', ')}: root ${group.roots.map(shortId).join(', ')}`),
  );
  return known.length === 0 && unknown.length === 0 ? [] : ['  trust', ...known, ...unknown];
};

/** Errors and warnings; `mesh-lint` itself shows them with their lines. */
const findingLines = (mesh: MeshJson, paint: Paint): readonly string[] => {
  const shown = mesh.findings.filter(({ severity }) => severity !== 'info');
  if (shown.length === 0) return [];
  return [
    '  findings',
    ...shown.map(
      ({ severity, message, rule, file, line }) =>
        `    ${paint.severity(severity, severity)} ${printable(message)}  ${paint.quiet(printable(`${rule} ${file}:${line}`))}`,
    ),
  ];
};
