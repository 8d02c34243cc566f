// What a drawing of a mesh consists of, whatever it is drawn with.
import { compareText } from '../../model/index.ts';
import type { ClusterJson, MeshFindingJson, MeshJson } from '../topology.ts';
import { shortId } from '../rows.ts';
import { meshTitle } from '../topology.ts';

/** A cluster as a card. */
export interface Card {
  readonly name: string;
  /** `primary`, `Istio 1.28`, …: what stands below the name. */
  readonly lines: readonly string[];
  /** `istio-eastwestgateway: 15443`, one for each east-west gateway. */
  readonly gateways: readonly string[];
  readonly hasControlPlane: boolean;
  /** Number of the group of clusters that trust a common root, from 0; undefined where no file tells. */
  readonly trust: number | undefined;
  /** Numbers of the findings that concern this cluster alone. */
  readonly findings: readonly number[];
}

/** Clusters of one network; `name` is undefined for those that name none. */
export interface Box {
  readonly name: string | undefined;
  readonly cards: readonly Card[];
}

/**
 * `serves`: a control plane and a remote. `reads`: a remote secret, `both` if the other has one too. `missing`: a remote
 * secret that should be there. `finding`: something is wrong between the two.
 */
export interface Edge {
  readonly kind: 'serves' | 'reads' | 'missing' | 'finding';
  readonly from: string;
  readonly to: string;
  readonly both: boolean;
  readonly findings: readonly number[];
}

export interface GraphFinding {
  /** From 1, as the drawing shows it; infos are left out. */
  readonly number: number;
  readonly severity: MeshFindingJson['severity'];
  readonly rule: string;
  readonly message: string;
  readonly place: string;
}

export interface Graph {
  readonly title: string;
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  /** One line for each group of clusters with a common root: `root 3f9a…: east, west`. */
  readonly trust: readonly { readonly group: number | undefined; readonly text: string }[];
  /** What would be too many lines to draw. */
  readonly notes: readonly string[];
  readonly findings: readonly GraphFinding[];
}

/** From so many clusters on that all read each other, one sentence says so in place of the arrows. */
const MANY_READERS = 5;

/** Of the health check of a gateway; says nothing of the mesh. */
const STATUS_PORT = 15021;

/** The drawing of one mesh. */
export const graphOf = (mesh: MeshJson): Graph => {
  const names = new Set(mesh.clusters.map((cluster) => cluster.name));
  const shown = mesh.findings.filter(({ severity }) => severity !== 'info');
  const findings = shown.map((finding, index): GraphFinding => ({
    number: index + 1,
    severity: finding.severity,
    rule: finding.rule,
    message: finding.message,
    place: `${finding.file}:${finding.line}`,
  }));
  const { onCards, onEdges } = placeFindings(shown, names);
  const mutual = mutualReaders(mesh);
  return {
    title: `${meshTitle(mesh.name)}: ${mesh.model}`,
    boxes: boxesOf(mesh, onCards),
    edges: [
      ...servesEdges(mesh, names),
      ...readEdges(mesh, mutual),
      ...mesh.missingReads.map(({ from, to }): Edge => ({ kind: 'missing', from, to, both: false, findings: [] })),
      ...onEdges,
    ],
    trust: trustLines(mesh),
    notes: [...mutualNote(mesh, mutual), ...foreignReads(mesh)],
    findings,
  };
};

const boxesOf = (mesh: MeshJson, onCards: ReadonlyMap<string, readonly number[]>): readonly Box[] => {
  const cards = new Map(mesh.clusters.map((cluster) => [cluster.name, cardOf(mesh, cluster, onCards)]));
  const cardsOf = (clusters: readonly string[]): readonly Card[] =>
    clusters.flatMap((name) => cards.get(name) ?? []).toSorted((a, b) => compareText(a.name, b.name));
  const named = new Set(mesh.networks.flatMap((network) => network.clusters));
  const rest = mesh.clusters.map((cluster) => cluster.name).filter((name) => !named.has(name));
  return [
    ...mesh.networks.map((network): Box => ({ name: network.name, cards: cardsOf(network.clusters) })),
    ...(rest.length === 0 ? [] : [{ name: undefined, cards: cardsOf(rest) }]),
  ];
};

const cardOf = (mesh: MeshJson, cluster: ClusterJson, onCards: ReadonlyMap<string, readonly number[]>): Card => {
  const trust = mesh.trust.findIndex((group) => group.clusters.includes(cluster.name));
  const others = cluster.servedBy.filter((name) => name !== cluster.name);
  return {
    name: cluster.name,
    lines: [
      `${cluster.roleText}, Istio ${cluster.istioVersion}${cluster.istioVersionAssumed ? '?' : ''}`,
      ...(cluster.clusterId === undefined || cluster.clusterId === cluster.name ? [] : [`id ${cluster.clusterId}`]),
      ...(others.length === 0 ? [] : [`served by ${others.join(', ')}`]),
    ],
    gateways: cluster.gateways.map((gateway) => {
      const ports = gateway.ports.filter((port) => port !== STATUS_PORT);
      return `${gateway.name}${ports.length === 0 ? '' : `: ${ports.join(', ')}`}`;
    }),
    hasControlPlane: cluster.role === 'primary' || cluster.role === 'external',
    trust: trust === -1 ? undefined : trust,
    findings: onCards.get(cluster.name) ?? [],
  };
};

const servesEdges = (mesh: MeshJson, names: ReadonlySet<string>): readonly Edge[] =>
  mesh.clusters.flatMap((cluster) =>
    cluster.servedBy
      .filter((server) => server !== cluster.name && names.has(server))
      .map((server): Edge => ({ kind: 'serves', from: server, to: cluster.name, both: false, findings: [] })),
  );

const pair = (from: string, to: string): string => `${from}\0${to}`;

/** Clusters of which (nearly) each reads each other, where they are many. */
const mutualReaders = (mesh: MeshJson): ReadonlySet<string> => {
  const reads = loadedReads(mesh);
  const readers = new Set([...reads.values()].flatMap(({ from, to }) => (reads.has(pair(to, from)) ? [from, to] : [])));
  const pairs = readers.size * (readers.size - 1);
  return readers.size >= MANY_READERS && unheld(reads, readers).length <= pairs / 5 ? readers : new Set();
};

/** Pairs of these clusters of which the first does not read the second. */
const unheld = (
  reads: ReadonlyMap<string, unknown>,
  readers: ReadonlySet<string>,
): readonly { readonly from: string; readonly to: string }[] => {
  const names = [...readers].toSorted(compareText);
  return names.flatMap((from) =>
    names.flatMap((to) => (from === to || reads.has(pair(from, to)) ? [] : [{ from, to }])),
  );
};

const loadedReads = (mesh: MeshJson): ReadonlyMap<string, { readonly from: string; readonly to: string }> =>
  new Map(
    mesh.reads
      .filter(({ from, to, loaded }) => loaded && from !== to)
      .map(({ from, to }) => [pair(from, to), { from, to }]),
  );

const readEdges = (mesh: MeshJson, mutual: ReadonlySet<string>): readonly Edge[] => {
  const reads = loadedReads(mesh);
  return [...reads.values()].flatMap(({ from, to }): readonly Edge[] => {
    if (mutual.has(from) && mutual.has(to)) return [];
    const both = reads.has(pair(to, from));
    // The other direction draws this one.
    if (both && compareText(from, to) > 0) return [];
    return [{ kind: 'reads', from, to, both, findings: [] }];
  });
};

const mutualNote = (mesh: MeshJson, mutual: ReadonlySet<string>): readonly string[] => {
  if (mutual.size === 0) return [];
  const who =
    mutual.size === mesh.clusters.length ? `all ${mutual.size} clusters` : [...mutual].toSorted(compareText).join(', ');
  const missing = unheld(loadedReads(mesh), mutual).map(({ from, to }) => `${from} → ${to}`);
  return [`remote secrets: ${who} read each other${missing.length === 0 ? '' : `, except ${missing.join(', ')}`}`];
};

const foreignReads = (mesh: MeshJson): readonly string[] =>
  mesh.reads
    .filter(({ loaded }) => !loaded)
    .map(({ from, to }) => `${from} also reads ${to}, which is not among the files`);

const trustLines = (mesh: MeshJson): Graph['trust'] => [
  ...mesh.trust.map((group, index) => ({
    group: index,
    text: `root ${group.roots.map(shortId).join(', ')}: ${group.clusters.join(', ')}`,
  })),
  ...(mesh.trustUnknown.length === 0
    ? []
    : [{ group: undefined, text: `root not told by the files: ${mesh.trustUnknown.join(', ')}` }]),
];

/** Findings between clusters stand on the line from where they are to the first of the others, the rest on cards. */
const placeFindings = (
  findings: readonly MeshFindingJson[],
  names: ReadonlySet<string>,
): { readonly onCards: ReadonlyMap<string, readonly number[]>; readonly onEdges: readonly Edge[] } => {
  const onCards = new Map<string, number[]>();
  const edges = new Map<string, { from: string; to: string; findings: number[] }>();
  findings.forEach(({ clusters }, index) => {
    const [from, to] = clusters.filter((name) => names.has(name));
    if (from === undefined) return;
    if (to === undefined) {
      onCards.set(from, [...(onCards.get(from) ?? []), index + 1]);
      return;
    }
    const key = pair(...([from, to].toSorted(compareText) as [string, string]));
    const held = edges.get(key);
    if (held === undefined) edges.set(key, { from, to, findings: [index + 1] });
    else held.findings.push(index + 1);
  });
  return {
    onCards,
    onEdges: [...edges.values()].map((edge): Edge => ({ kind: 'finding', both: true, ...edge })),
  };
};

/** The gravest severity of these findings. */
export const worstOf = (graph: Graph, numbers: readonly number[]): GraphFinding['severity'] => {
  const found = new Set(numbers.flatMap((number) => graph.findings[number - 1]?.severity ?? []));
  return found.has('error') ? 'error' : found.has('warning') ? 'warning' : 'info';
};
