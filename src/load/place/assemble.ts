import type { Cluster, ClusterSettings, Note, Resource } from '../../model/index.ts';
import { compareText, indexResources } from '../../model/index.ts';
import { isAlternative, isArchive, tokensOf } from '../clusters/names.ts';
import type { ClusterPlan } from '../clusters/plan.ts';
import { settleInstallations } from './installations.ts';
import { directoryOf, segmentsOf } from './paths.ts';
import type { Placed } from './placed.ts';
import { asShared } from './placed.ts';

/** Puts the files of a cluster together. `sharedCopy` makes the weaker copy of a file once for all clusters. */
export const assemble = (
  plan: ClusterPlan,
  settings: ClusterSettings,
  sharedCopy: (placed: Placed) => Placed = asShared,
): { readonly cluster: Cluster; readonly notes: readonly Note[] } => {
  const notes: Note[] = [];
  const note = (message: string): void => void notes.push({ message, cluster: plan.name });
  const given = [...plan.shared.map(sharedCopy), ...plan.own].toSorted((a, b) => compareText(a.file.path, b.file.path));
  const all = withoutArchives(given, note);
  const paths = new Set(all.map(({ file }) => file.path));
  const values = ofThisCluster(
    all.flatMap((placed) => placed.values),
    paths,
  );
  const meshConfigs = ofThisCluster(
    all.flatMap((placed) => placed.meshConfigs),
    paths,
  );
  const meshNetworks = ofThisCluster(
    all.flatMap((placed) => placed.meshNetworks),
    paths,
  );
  const sources = [...values, ...meshConfigs, ...meshNetworks];
  const words = new Set(tokensOf(plan.name.slice(plan.name.lastIndexOf('/') + 1)));
  const cluster: Cluster = {
    name: plan.name,
    because: plan.because,
    scenario: plan.scenario,
    files: all.map(({ file }) => file),
    resources: indexResources(withoutAlternatives(patched(all), note)),
    values: settleInstallations(values, sources, words),
    releases: all.flatMap(({ releases }) => releases),
    meshConfigs: settleInstallations(meshConfigs, sources, words),
    meshNetworks: settleInstallations(meshNetworks, sources, words),
    injectors: all.flatMap(({ injectors }) => injectors),
    pemFiles: all.flatMap(({ pemFiles }) => pemFiles),
    looseConfigs: all.flatMap(({ looseConfigs }) => looseConfigs),
    unread: all.flatMap(({ unread }) => unread),
    settings,
  };
  noteUnread(cluster, note);
  return { cluster, notes };
};

const below = (path: string, is: (segment: string) => boolean): boolean => segmentsOf(directoryOf(path)).some(is);

const withoutArchives = (files: readonly Placed[], note: (message: string) => void): readonly Placed[] => {
  const live = files.filter(({ file }) => !below(file.path, isArchive));
  if (live.length === 0 || live.length === files.length) return files;
  const archived = files.find(({ file }) => below(file.path, isArchive))!;
  note(
    `${files.length - live.length} files below archive directories are left out (${archived.file.path} is the first)`,
  );
  return live;
};

/** Of values that releases of several clusters use, those of this cluster's releases. */
const ofThisCluster = <T extends { readonly object: Resource | undefined; readonly place: Resource['place'] }>(
  sources: readonly T[],
  paths: ReadonlySet<string>,
): readonly T[] => {
  const key = ({ place }: T): string => `${place.file.path}#${place.document}#${place.path.join('/')}`;
  const isHere = ({ object }: T): boolean => object !== undefined && paths.has(object.place.file.path);
  const claimed = new Set(sources.filter(isHere).map(key));
  return sources.filter((source) => isHere(source) || !claimed.has(key(source)));
};

/** The objects with the patched copies in place of those that kustomizations of this cluster patch. */
const patched = (files: readonly Placed[]): readonly Resource[] => {
  const copies = new Map<unknown, Resource | undefined>();
  for (const { patched: made } of files)
    for (const { base, resource } of made)
      if (copies.get(base) === undefined || resource?.shared === false) copies.set(base, resource);
  const all = files.flatMap(({ resources }) => resources);
  if (copies.size === 0) return all;
  return all.flatMap((resource) => {
    if (!copies.has(resource.value)) return [resource];
    const copy = copies.get(resource.value);
    return copy === undefined ? [] : [copy];
  });
};

/** Kinds of which several statements overlay each other. */
const OVERLAID = new Set(['IstioOperator', 'Kustomization', 'Namespace']);

const withoutAlternatives = (all: readonly Resource[], note: (message: string) => void): readonly Resource[] => {
  if (!all.some(({ place }) => below(place.file.path, isAlternative))) return all;
  const identity = ({ group, kind, namespace, name }: Resource): string =>
    `${group}/${kind}/${namespace ?? ''}/${name}`;
  const live = new Set(all.filter(({ place }) => !below(place.file.path, isAlternative)).map(identity));
  const kept = all.filter(
    (resource) =>
      OVERLAID.has(resource.kind) || !below(resource.place.file.path, isAlternative) || !live.has(identity(resource)),
  );
  if (kept.length < all.length)
    note(`${all.length - kept.length} objects of example directories are left out: other files state the same objects`);
  return kept;
};

const noteUnread = (cluster: Cluster, note: (message: string) => void): void => {
  const remote = cluster.unread.filter(({ why }) => why === 'kustomize');
  if (remote.length > 0)
    note(
      `kustomize is not run: ${remote.length} resources or patches could not be followed (${remote[0]!.place.file.path} is the first)`,
    );
  const charts = cluster.unread.filter(({ why }) => why === 'chart');
  if (charts.length > 0)
    note(
      `Helm is not run: ${charts.length} documents of chart templates are not read (${charts[0]!.place.file.path} is the first)`,
    );
};
