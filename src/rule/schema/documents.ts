// What is wrong with the form of mesh configs, meshNetworks, IstioOperators and Helm values.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import { minorOf } from '../../facts/minors.ts';
import type { EmbeddedSource, Path, Place, Resource, ValuesSource } from '../../model/index.ts';
import { below, describe, get, isOneSlipAway, isRecord, isTemplate, placeIn, record } from '../../model/index.ts';
import type { DocumentKind } from '../../schema/semantic/index.ts';
import { NEWEST, WORDS } from '../../schema/structural.ts';
import type { Node, Table } from '../../schema/table.ts';
import { meshConfigTable, operatorTable, valuesTable } from '../../schema/table.ts';
import { pathInWords } from '../../schema/violation.ts';
import type { Problem } from '../../schema/walk.ts';
import { walk } from '../../schema/walk.ts';
import { nearest } from '../nearest.ts';
import { VERSIONED_SETTINGS } from '../versionedSettings.ts';
import { keyMeant } from './hints.ts';
import type { Found } from './problems.ts';

/** The oldest release whose installer and values the tables describe. */
const FIRST_VALUES = 5;

export const documentProblems = (mesh: Mesh): readonly Found[] =>
  mesh.members.flatMap((member) => {
    const { minors, assumed } = mesh.versionOf(member);
    const look = (document: Document, speaks: (problem: Problem) => boolean, own?: Minors): readonly Found[] =>
      walk(document.table, document.root, document.value, { minors: own ?? minors, isPartial: true, isProto: true })
        .filter((problem) => isKnown(problem, own ?? minors) && speaks(problem))
        .filter((problem) => problem.partly !== true || !assumed)
        .map((problem) => foundIn(member, own ?? minors, document, problem));
    const lookAtValues = (source: ValuesSource): readonly Found[] => {
      const document = valuesOf(source);
      const own = isAlone(source) ? chartMinors(source) : undefined;
      return look(document, (problem) => speaksOfValues(document, problem, assumed && own === undefined), own);
    };
    const found = [
      ...member.cluster.meshConfigs.flatMap((source) => look(meshConfigOf(source), speaksOfMeshConfig)),
      ...member.cluster.meshNetworks.flatMap((source) => look(meshNetworksOf(source), () => true)),
    ];
    if (minors.low < FIRST_VALUES) return found;
    return [
      ...found,
      ...member.resources
        .ofKind('IstioOperator', 'install.istio.io')
        .flatMap((object) => look(operatorOf(object), speaksOfOperator)),
      ...member.cluster.values.filter(({ chart }) => ROOTS[chart] !== undefined).flatMap(lookAtValues),
    ];
  });

/** Releases after those of the tables may know more words. */
const isKnown = ({ kind }: Problem, { low }: Minors): boolean => low <= NEWEST || !WORDS.has(kind);

/** Charts whose values the table describes, and their roots there. */
const ROOTS: Readonly<Partial<Record<ValuesSource['chart'], string>>> = {
  operator: 'Values',
  istiod: 'IstiodChart',
  'istiod-remote': 'IstiodChart',
  base: 'BaseChart',
  cni: 'CniChart',
  ztunnel: 'ZtunnelChart',
  gateway: 'GatewayChart',
};

/** Documents that istiod takes or refuses as a whole, with what stands in the files of a cluster. */
export const meshDocuments = ({ cluster }: Member): readonly MeshDocument[] => [
  ...cluster.meshConfigs.map((source): MeshDocument => meshDocument('MeshConfig', source, meshConfigOf(source))),
  ...cluster.meshNetworks.map((source): MeshDocument => meshDocument('MeshNetworks', source, meshNetworksOf(source))),
];

export interface MeshDocument extends Pick<Document, 'what' | 'value' | 'place' | 'object'> {
  readonly kind: DocumentKind;
  /** A layer of values: other layers may say what it leaves out. */
  readonly isPartial: boolean;
}

const meshDocument = (kind: DocumentKind, source: EmbeddedSource, document: Document): MeshDocument => ({
  kind,
  // What may be missing in networks stands in lists, which no layer completes.
  isPartial: kind === 'MeshConfig' && source.origin !== 'ConfigMap',
  ...document,
});

interface Document {
  /** The way to it, where people name it with the paths inside. */
  readonly prefix: Path;
  readonly what: string;
  readonly table: Table;
  readonly root: number;
  readonly value: unknown;
  readonly place: Place;
  readonly object: Resource | undefined;
  readonly api?: string | undefined;
  /** Values of an installer, or of a release that names a chart of Istio: nobody else reads them. */
  readonly isNamed?: boolean | undefined;
  /** The API server drops what it does not know, and kubectl refuses it. */
  readonly isClosed?: boolean | undefined;
  /** Whether whoever applies it refuses the whole for a field that it does not know. */
  readonly isRefused?: ((minors: Minors, problem: Problem) => boolean) | undefined;
  readonly shared: boolean;
}

const foundIn = (member: Member, minors: Minors, document: Document, problem: Problem): Found => ({
  member,
  resource: document.object,
  what: document.what,
  key: undefined,
  problem,
  at: below(document.place, ...problem.path, ...(problem.kind === 'one-of' ? [problem.name] : [])),
  value: get(document.value, ...problem.path),
  path: pathInWords([...document.prefix, ...problem.path]),
  minors,
  api: document.api,
  root: document.place,
  isOfMesh: document.table === meshConfigTable,
  home: homeOf(document, problem),
  isRefused: document.isRefused?.(minors, problem) === true,
  shared: document.shared,
});

/** Where a key belongs that people write one level too high; only where each key is one of Istio's. */
const homeOf = ({ table, root, value, isNamed }: Document, { kind, path, name }: Problem): string | undefined => {
  if (table !== valuesTable || isNamed !== true || kind !== 'unknown-field' || path.length !== 1) return undefined;
  if (root === valuesTable.roots['GatewayChart'])
    return ['service', 'autoscaling']
      .filter((part) => Object.hasOwn(schemaAt({ table, root }, [part])?.properties ?? {}, name))
      .map((part) => `${part}.${name}`)[0];
  return GLOBALS.has(name) && get(value, 'global', name) === undefined ? `global.${name}` : undefined;
};

const GLOBALS = new Set([
  'meshID',
  'network',
  'multiCluster',
  'meshNetworks',
  'remotePilotAddress',
  'externalIstiod',
  'configCluster',
  'caAddress',
  'proxy',
]);

const ofObject = (object: Resource | undefined, place: Place): string =>
  object === undefined ? `in ${place.file.path}` : `of ${describe(object).trim()}`;

const meshConfigOf = ({ value, place, object, shared }: EmbeddedSource): Document => ({
  prefix: [],
  what: `the mesh config ${ofObject(object, place)}`,
  table: meshConfigTable,
  root: meshConfigTable.roots['MeshConfig']!,
  value,
  place,
  object,
  shared,
});

const meshNetworksOf = ({ value, place, object, shared }: EmbeddedSource): Document => ({
  prefix: [],
  what: `the meshNetworks map ${ofObject(object, place)}`,
  table: meshConfigTable,
  root: meshConfigTable.nodes[meshConfigTable.roots['MeshNetworks']!]!.properties!['networks']!,
  value,
  place,
  object,
  shared,
});

const operatorOf = (object: Resource): Document => ({
  prefix: ['spec'],
  what: describe(object).trim(),
  table: operatorTable,
  root: operatorTable.roots['IstioOperatorSpec']!,
  value: record(object.value['spec']),
  place: placeIn(object, 'spec'),
  object,
  isRefused: () => true,
  shared: object.shared,
});

const valuesOf = (source: ValuesSource): Document => ({
  prefix: [],
  what: `the set of values ${ofObject(source.object, source.place)}`,
  table: valuesTable,
  root: valuesTable.roots[ROOTS[source.chart] ?? 'Values']!,
  value: source.written ?? source.values,
  place: source.place,
  object: source.object,
  api: isAlone(source) ? `the chart ${source.chart}` : undefined,
  isNamed: isNamed(source),
  isClosed: isOfSail(source),
  isRefused: ({ high }, problem) =>
    source.origin === 'Istio' ||
    // Helm refuses a release of the chart gateway for a key at the top that its schema does not name.
    (source.chart === 'gateway' && source.isNamed === true && problem.path.length === 1) ||
    (source.origin === 'IstioOperator' && high <= LAST_STRICT) ||
    isIdentity(source, problem),
  shared: source.shared,
});

const isOfSail = ({ chart, origin }: ValuesSource): boolean => chart === 'operator' && origin === 'Istio';

/** Nobody refuses these, but a cluster without its own name or network is none that others reach. */
const isIdentity = ({ chart }: ValuesSource, { path, name, wanted }: Problem): boolean =>
  (chart === 'operator' || chart === 'istiod' || chart === 'istiod-remote') &&
  IDENTITY.has([...path.slice(0, -1), keyMeant({ name, wanted }, false)].join('.'));

const IDENTITY = new Set([
  'global',
  'global.meshID',
  'global.multiCluster',
  'global.multiCluster.clusterName',
  'global.network',
]);

/** What is misspelt in values so that they are refused, or do not say who a cluster is. */
export const graveSlips = (
  source: ValuesSource,
  minors: Minors,
): { readonly table: Table; readonly root: number; readonly problems: readonly Problem[] } | undefined => {
  if (ROOTS[source.chart] === undefined || minors.low < FIRST_VALUES) return undefined;
  const document = valuesOf(source);
  const own = (isAlone(source) ? chartMinors(source) : undefined) ?? minors;
  const { table, root, value } = document;
  const problems = walk(table, root, value, { minors: own, isPartial: true, isProto: true }).filter(
    (problem) =>
      problem.kind === 'unknown-field' &&
      isKnown(problem, own) &&
      speaksOfValues(document, problem, false) &&
      document.isRefused?.(own, problem) === true,
  );
  return { table, root, problems };
};

/** The last release whose istioctl refuses an IstioOperator with values that it does not know. */
const LAST_STRICT = 23;

/** The charts as they are now are there since 1.12. */
const isNamed = (source: ValuesSource): boolean => {
  if (source.chart === 'operator') return true;
  return source.isNamed === true && NAMED.has(source.chart) && (chartMinors(source)?.low ?? 0) >= 12;
};

const NAMED: ReadonlySet<ValuesSource['chart']> = new Set(['istiod', 'istiod-remote', 'gateway']);

/** Charts with a release of their own, beside that of istiod. */
const isAlone = ({ chart }: ValuesSource): boolean => chart === 'gateway' || chart === 'cni' || chart === 'ztunnel';

/** The minor of the chart, where the values are said to be for one. */
const chartMinors = ({ version }: ValuesSource): Minors | undefined => {
  const minor = version === undefined ? undefined : minorOf(version);
  return minor === undefined ? undefined : { low: minor, high: minor };
};

const settings: ReadonlySet<string> = new Set(VERSIONED_SETTINGS.map(({ key }) => key));

/** config/dead-setting tells of the settings that decide between clusters. */
const speaksOfMeshConfig = ({ kind, path, partly }: Problem): boolean =>
  kind !== 'deprecated' &&
  !(kind === 'removed-in' && partly === true) &&
  !((kind === 'not-yet-in' || kind === 'removed-in') && settings.has(`meshConfig.${path[0]}`));

/** Keys that config/dead-setting tells to be misplaced. */
const VALUES_KEYS = new Set(['global', 'pilot', 'istiodRemote', 'gateways']);

const speaksOfOperator = ({ kind, path, name }: Problem): boolean => {
  if (kind === 'deprecated' || kind === 'removed-in') return false;
  if (kind === 'unknown-field' && path.length === 1 && VALUES_KEYS.has(name)) return false;
  // Below k8s stand types of Kubernetes, of which the table holds a part.
  const k8s = path.indexOf('k8s');
  return k8s < 0 || k8s >= path.length - 2;
};

/**
 * Charts read more than the type of their values names, and take numbers for text: only what is a slip of the pen,
 * or a map where a scalar stands, is a fault.
 */
const speaksOfValues = (document: Document, problem: Problem, isGuess: boolean): boolean => {
  const { kind, name, path, wanted } = problem;
  const value = get(document.value, ...path);
  if (kind === 'type') {
    // Empty ones are passed over by the templates, whatever they are; charts around may use a word otherwise.
    if (wanted[0] === 'a map' || wanted[0] === 'a list')
      return !isEmpty(value) && (document.api === undefined || typeof value === 'object');
    // Text is true in a template, whatever it says; parameters of an Application are text that Helm reads as values.
    return wanted[0] === 'true or false' && value === 'false' && !document.place.path.includes('parameters');
  }
  // Before, a gateway between networks listens where it always did.
  if (kind === 'not-yet-in') return path.length === 1 && name === 'networkGatewayPorts' && !isGuess;
  if (kind !== 'unknown-field') return false;
  if (document.isClosed === true || homeOf(document, problem) !== undefined) return true;
  const meant = nearest(name, wanted);
  return (
    meant !== undefined &&
    // Short words are near to many others.
    name.length > (document.isNamed === true && isOneSlipAway(name, meant) ? 3 : 4) &&
    Math.abs(meant.length - name.length) <= 1 &&
    isLikely(document, problem, meant)
  );
};

/** A slip keeps the kind of value, and the word that was meant does not stand beside it: else it is a key of a chart around. */
const isLikely = (document: Document, { path, name }: Problem, meant: string): boolean => {
  const around = get(document.value, ...path.slice(0, -1));
  if (isRecord(around) && Object.hasOwn(around, meant)) return false;
  const value = get(document.value, ...path);
  const node = schemaAt(document, [...path.slice(0, -1), meant]);
  // `gateway` is a chart, `gateways` are the values of another.
  if (name === 'gateway') return false;
  if (node?.type === undefined)
    return document.isNamed === true || (name.length > 8 && isOneSlipAway(name, meant) && !isPlural(name, meant));
  if (value === null || isTemplate(String(value))) return true;
  if (isRecord(value)) return node.type === 'object';
  if (Array.isArray(value)) return node.type === 'array';
  return node.type !== 'object' && node.type !== 'array';
};

const isPlural = (a: string, b: string): boolean => `${a}s` === b || `${b}s` === a;

const schemaAt = ({ table, root }: Pick<Document, 'table' | 'root'>, path: Path): Node | undefined =>
  path.reduce<Node | undefined>((here, step) => {
    const inner =
      typeof step === 'number'
        ? here?.items
        : (here?.properties?.[step] ??
          (typeof here?.additionalProperties === 'number' ? here.additionalProperties : undefined));
    return inner === undefined ? undefined : table.nodes[inner];
  }, table.nodes[root]);

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.length === 0 : isRecord(value) && Object.keys(value).length === 0;
