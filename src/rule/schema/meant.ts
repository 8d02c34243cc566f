// Objects as they were meant: a key that is a slip of the pen is told once, by schema/unknown-field, and read by all
// other rules as the key that it was to be.
import type { Mesh } from '../../facts/mesh.ts';
import type { Minors } from '../../facts/minors.ts';
import type { Cluster, Fleet, Path, Resource, ValuesSource } from '../../model/index.ts';
import { get, indexResources, isRecord, isTemplate, record } from '../../model/index.ts';
import { isGatewayApi, neighbourForm, neighbourProblems } from '../../schema/neighbours.ts';
import { homesIn, NEWEST, nodeIn, structuralProblems } from '../../schema/structural.ts';
import type { Node, Schema } from '../../schema/table.ts';
import { istioGroups, schemaIn } from '../../schema/table.ts';
import type { Problem } from '../../schema/walk.ts';
import { oncePerContent } from './copies.ts';
import { graveSlips } from './documents.ts';
import { keyMeant } from './hints.ts';
import { isBeyondTables } from './neighbours.ts';

/**
 * The fleet with its misspelt keys read as what they were to be; the same fleet where there are none. Clusters whose
 * releases may know more words than the tables stay as they are: nobody tells there what is misspelt.
 */
export const asMeant = (fleet: Fleet, meshes: readonly Mesh[]): Fleet => {
  const slipsOf = oncePerContent(slipsIn);
  const told = new Map(
    meshes.flatMap((mesh) =>
      mesh.members
        .filter((member) => !isBeyondTables(mesh, member))
        .map((member) => [member.cluster, mesh.versionOf(member).minors] as const),
    ),
  );
  const clusters = fleet.clusters.map((cluster) => {
    const minors = told.get(cluster);
    return minors === undefined ? cluster : clusterAsMeant(cluster, minors, slipsOf);
  });
  return clusters.every((cluster, index) => cluster === fleet.clusters[index]) ? fleet : { ...fleet, clusters };
};

type Form = Pick<Schema, 'table' | 'root'>;

/** A key and what was meant by it. */
interface Slip {
  readonly path: Path;
  readonly to: Path;
  /** The value that it holds, in the form that the key wants. */
  readonly value: unknown;
}

const clusterAsMeant = (
  cluster: Cluster,
  minors: Minors,
  slipsOf: (resource: Resource) => readonly Slip[],
): Cluster => {
  const all = cluster.resources.all.map((resource): Resource => {
    const slips = isRead(resource) ? slipsOf(resource) : [];
    return slips.length === 0
      ? resource
      : { ...resource, value: spelt(resource.value, slips), written: resource.value };
  });
  const values = cluster.values.map((source): ValuesSource => {
    const slips = slipsInValues(source, minors);
    return slips.length === 0 ? source : { ...source, values: spelt(source.values, slips), written: source.values };
  });
  const isSame =
    all.every((resource, index) => resource === cluster.resources.all[index]) &&
    values.every((source, index) => source === cluster.values[index]);
  return isSame ? cluster : { ...cluster, resources: indexResources(all), values };
};

const isRead = ({ group, value }: Resource): boolean =>
  (istioGroups().has(group) || isGatewayApi(group)) && value['sops'] === undefined;

const slipsIn = ({ apiVersion, kind, value }: Resource): readonly Slip[] => {
  const key = `${apiVersion}/${kind}`;
  const form = neighbourForm(key);
  const schema = form === undefined ? schemaIn(key, NEWEST) : undefined;
  if (form !== undefined) return slipsAmong(neighbourProblems(key, value, false), value, form, 0);
  if (schema === undefined || schema.isSpec) return [];
  const options = { minors: { low: NEWEST, high: NEWEST }, assumed: false, isPartial: true };
  return slipsAmong(structuralProblems(key, value, options), value, schema, NEWEST);
};

const slipsInValues = (source: ValuesSource, minors: Minors): readonly Slip[] => {
  const found = graveSlips(source, minors);
  return found === undefined ? [] : slipsAmong(found.problems, source.values, found, NEWEST);
};

const slipsAmong = (problems: readonly Problem[], value: unknown, form: Form, minor: number): readonly Slip[] => {
  const taken = new Set<string>();
  return problems.flatMap((problem): readonly Slip[] => {
    if (problem.kind !== 'unknown-field') return [];
    const to = placeMeant(problem, value, form, minor);
    if (to === undefined) return [];
    const id = JSON.stringify(to);
    const found = formed(get(value, ...problem.path), nodeIn(form, to, minor));
    // Where the key that was meant is there too, nobody knows what this one is.
    if (found === undefined || taken.has(id) || get(value, ...to) !== undefined) return [];
    taken.add(id);
    return [{ path: problem.path, to, value: found }];
  });
};

/** A key of another name beside it, or the same one level deeper, below a sibling that holds nothing, or higher. */
const placeMeant = (problem: Problem, value: unknown, form: Form, minor: number): Path | undefined => {
  const { name, path } = problem;
  const map = path.slice(0, -1);
  const isKnown = (place: Path): boolean => nodeIn(form, place, minor) !== undefined;
  const around = get(value, ...map);
  const empty = Object.keys(isRecord(around) ? around : {}).filter(
    (key) => get(around, key) === null && isKnown([...map, key, name]),
  );
  if (empty.length === 1) return [...map, empty[0]!, name];
  const near = keyMeant(problem, homesIn(form, [], name, path).length > 0);
  if (near !== undefined) return [...map, near];
  const outer = map.slice(
    0,
    map.findLastIndex((step) => typeof step === 'string'),
  );
  return map.length > outer.length && isKnown([...outer, name]) ? [...outer, name] : undefined;
};

/** A value as a node of a schema takes it, one for a list of one and the other way round; undefined where it does not. */
const formed = (value: unknown, node: Node | undefined): unknown => {
  if (node === undefined || value === null || value === undefined || fits(value, node)) return value;
  if (node.type === 'array' && !isRecord(value)) return [value];
  return node.type === 'string' && Array.isArray(value) && value.length === 1 && fits(value[0], node)
    ? value[0]
    : undefined;
};

const fits = (value: unknown, node: Node): boolean => {
  const { type } = node;
  if (type === undefined || (typeof value === 'string' && isTemplate(value))) return true;
  if (node['x-kubernetes-int-or-string'] === true) return typeof value === 'string' || typeof value === 'number';
  if (Array.isArray(value)) return type === 'array';
  if (isRecord(value)) return type === 'object';
  return type === 'integer' ? typeof value === 'number' : typeof value === type;
};

const spelt = (value: Readonly<Record<string, unknown>>, slips: readonly Slip[]): Readonly<Record<string, unknown>> =>
  slips.reduce<unknown>(
    (held, slip) => replaced(replaced(held, slip.path, undefined), slip.to, slip.value),
    value,
  ) as Readonly<Record<string, unknown>>;

/** A copy with another value at one place, or without that key; all beside the way to it stays one value. */
const replaced = (value: unknown, [step, ...rest]: Path, content: unknown): unknown => {
  if (step === undefined) return content;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? replaced(item, rest, content) : item));
  const inner = replaced(get(value, step), rest, content);
  const others = Object.entries(record(value)).filter(([key]) => key !== step);
  return Object.fromEntries(inner === undefined ? others : [...others, [step, inner]]);
};
