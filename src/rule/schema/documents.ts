// What is wrong with the form of mesh configs, meshNetworks, IstioOperators and Helm values.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/version.ts';
import type { EmbeddedSource, Path, Place, Resource, ValuesSource } from '../../model/index.ts';
import { below, describe, get, placeIn, record } from '../../model/index.ts';
import { NEWEST, WORDS } from '../../schema/structural.ts';
import type { Table } from '../../schema/table.ts';
import { meshConfigTable, operatorTable, valuesTable } from '../../schema/table.ts';
import { pathInWords } from '../../schema/violation.ts';
import type { Problem } from '../../schema/walk.ts';
import { walk } from '../../schema/walk.ts';
import { nearest } from '../nearest.ts';
import { VERSIONED_SETTINGS } from '../versionedSettings.ts';
import type { Found } from './problems.ts';

/** The oldest release whose installer and values the tables describe. */
const FIRST_VALUES = 5;

export const documentProblems = (mesh: Mesh): readonly Found[] =>
  mesh.members.flatMap((member) => {
    const { minors, assumed } = mesh.versionOf(member);
    const look = (document: Document, speaks: (problem: Problem) => boolean): readonly Found[] =>
      walk(document.table, document.root, document.value, { minors, isPartial: true, isProto: true })
        .filter((problem) => !(assumed && problem.partly === true) && speaks(problem) && isKnown(problem, minors))
        .map((problem) => foundIn(member, minors, document, problem));
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
      ...member.cluster.values
        .filter(({ chart }) => CHARTS.has(chart))
        .flatMap((source) => look(valuesOf(source), speaksOfValues)),
    ];
  });

/** Releases after those of the tables may know more words. */
const isKnown = ({ kind }: Problem, { low }: Minors): boolean => low <= NEWEST || !WORDS.has(kind);

/** Charts whose values the table describes; the chart of gateways has others. */
const CHARTS: ReadonlySet<ValuesSource['chart']> = new Set(['operator', 'istiod', 'istiod-remote', 'base']);

interface Document {
  /** The way to it, where people name it with the paths inside. */
  readonly prefix: Path;
  readonly what: string;
  readonly table: Table;
  readonly root: number;
  readonly value: unknown;
  readonly place: Place;
  readonly object: Resource | undefined;
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
  shared: document.shared,
});

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
  shared: object.shared,
});

const valuesOf = ({ values, place, object, shared }: ValuesSource): Document => ({
  prefix: [],
  what: `the set of values ${ofObject(object, place)}`,
  table: valuesTable,
  root: valuesTable.roots['Values']!,
  value: values,
  place,
  object,
  shared,
});

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
const speaksOfValues = ({ kind, name, wanted }: Problem): boolean => {
  if (kind === 'type') return wanted[0] === 'a map' || wanted[0] === 'a list';
  if (kind !== 'unknown-field') return false;
  const meant = nearest(name, wanted);
  return meant !== undefined && name.length > 4 && Math.abs(meant.length - name.length) <= 1;
};
