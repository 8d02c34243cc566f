import type { Place, Resource } from '../../model/index.ts';
import { isRecord, placeIn, text } from '../../model/index.ts';
import { placeConfigMap } from './configMaps.ts';
import { placeKustomization } from './kustomize.ts';
import type { Links } from './links.ts';
import { managedNamespaces } from './namespaces.ts';
import { placeOperator } from './operators.ts';
import { looseInstallation } from './installations.ts';
import { baseOf, directoryOf, segmentsOf, stemOf } from './paths.ts';
import { pemFileOf } from './pem.ts';
import type { ParsedFile, Placed } from './placed.ts';
import { nothingPlaced } from './placed.ts';
import type { Release } from './release.ts';
import { aliasesOf, namedChart } from './release.ts';
import { kustomizeReleases, releasesOf } from './releases.ts';
import { isClusterScoped, objectsOf } from './resource.ts';
import type { Tree } from './tree.ts';
import { isKustomization } from './tree.ts';
import type { ValuesContext } from './values.ts';
import { placeValues } from './values.ts';

type Values = Readonly<Record<string, unknown>>;

/** Sorts what one file holds by what it is to a cluster. */
export const placeFile = (parsed: ParsedFile, tree: Tree, links: Links): Placed => {
  const placed = nothingPlaced(parsed.file);
  const { path } = parsed.file;
  const chart = isChartTemplate(path, tree);
  placed.unread.push(...parsed.unread.map((document) => (chart ? { ...document, why: 'chart' as const } : document)));
  if (parsed.pem !== undefined && parsed.pem !== '') placed.pemFiles.push(pemFileOf(parsed.file, parsed.pem));
  for (const { index, value } of parsed.documents) {
    const place: Place = { file: parsed.file, document: index, path: [] };
    if (chart) {
      // Whether and how often a chart is installed stands elsewhere: its objects may be there.
      placed.unread.push({
        place,
        why: 'chart',
        kinds: objectsOf(value, place).flatMap((object) => text(object.value.kind) ?? []),
        shared: false,
      });
      continue;
    }
    if (!isRecord(value) || links.patches.has(path)) continue;
    placeDocument(placed, value, place, tree, links);
  }
  return placed;
};

const isChartTemplate = (path: string, tree: Tree): boolean => {
  const segments = segmentsOf(path);
  return segments.some(
    (segment, at) =>
      segment === 'templates' && at < segments.length - 1 && tree.charts.has(segments.slice(0, at).join('/')),
  );
};

const placeDocument = (placed: Placed, value: Values, place: Place, tree: Tree, links: Links): void => {
  const path = placed.file.path;
  const base = baseOf(path).toLowerCase();
  if (isKustomization(value, base)) {
    const kustomization = tree.kustomizations.get(directoryOf(path));
    if (kustomization === undefined || kustomization.value !== value) return;
    placeKustomization(placed, tree, kustomization);
    kustomizeReleases(tree, kustomization).forEach((release) => placeInline(placed, release, place));
    if (text(value.kind) === undefined) return;
  }
  if (base === 'chart.yaml') return;
  const objects = objectsOf(value, place);
  for (const object of objects) {
    const resource = tree.resource(object.value, object.place);
    if (resource !== undefined) placeResource(placed, namespaced(resource, path, links), tree);
  }
  if (objects.length === 0) placeKindless(placed, value, place, tree, links);
};

const namespaced = (resource: Resource, path: string, links: Links): Resource => {
  if (isClusterScoped(resource.kind)) return resource;
  const namespace = links.forced.get(path) ?? resource.namespace ?? links.fallback.get(path);
  return namespace === resource.namespace ? resource : { ...resource, namespace };
};

const placeResource = (placed: Placed, resource: Resource, tree: Tree): void => {
  placed.resources.push(resource);
  if (resource.group === '') return placeConfigMap(placed, resource);
  placeOperator(placed, resource, 0);
  for (const release of releasesOf(tree, resource)) placeInline(placed, release, placeIn(resource, 'spec'));
  if (resource.group === 'argoproj.io') placed.resources.push(...managedNamespaces(resource));
};

const placeInline = (placed: Placed, release: Release, place: Place): void => {
  const { context, inline, isPartial } = release;
  const before = placed.values.length;
  for (const { values, place: at, layer } of inline) placeValues(placed, values, at, { ...context, layer });
  const named = context.chart === undefined ? [...context.aliases.values()].map(({ chart }) => chart) : [context.chart];
  const charts = new Set([...named, ...placed.values.slice(before).map(({ chart }) => chart)]);
  for (const chart of charts) placed.releases.push({ chart, place, object: context.object, isPartial, shared: false });
};

const placeKindless = (placed: Placed, value: Values, place: Place, tree: Tree, links: Links): void => {
  const used = links.values.get(placed.file.path) ?? [];
  const contexts = used.length > 0 ? used : [looseContext(placed.file.path, tree)];
  let found = false;
  for (const context of contexts) if (placeValues(placed, value, place, context)) found = true;
  if (!found || placed.values.every(({ chart }) => chart === 'cilium'))
    placed.looseConfigs.push({ value, place, shared: false });
};

/** Values that nothing refers to: what they are for is read from where they lie and what they hold. */
const looseContext = (path: string, tree: Tree): ValuesContext => {
  const directory = directoryOf(path);
  const chart = tree.charts.get(directory);
  const own = namedChart(tree, directory);
  return {
    origin: chart === undefined ? 'values' : 'HelmChart',
    object: undefined,
    installation: looseInstallation(chart === undefined ? 'values' : 'chart', directory, stemOf(path)),
    layer: 0,
    namespace: undefined,
    release: undefined,
    version: own === undefined ? undefined : chart?.version,
    chart: own,
    aliases: aliasesOf(tree, directory),
    hint: path,
  };
};
