import type { Cluster, Place, Resource } from '../model/index.ts';
import { below, comparePlaces, compareText, filled, get, isTemplate, placeIn, textMap } from '../model/index.ts';
import type { Facts } from './index.ts';
import { hidesKind } from './sources.ts';

/** Where endpoints are, in Istio's three steps; '' where a step is not said. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subzone: string;
}

/** A locality with one place that says it. */
export interface SightedLocality extends Locality {
  readonly place: Place;
  /** `Node east-1`, `label istio-locality of Deployment shop/cart`. */
  readonly source: string;
}

/** The localities of a cluster: of its Nodes, and of pods and VMs that name their own. */
export interface LocalityFact {
  /** Known where Nodes are loaded: these are then all localities but for the ones of VMs. */
  readonly state: 'known' | 'unknown';
  readonly reason: string | undefined;
  /** Each once, in the order of region, zone and subzone. */
  readonly localities: readonly SightedLocality[];
}

const REGION = ['topology.kubernetes.io/region', 'failure-domain.beta.kubernetes.io/region'];
const ZONE = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];
const SUBZONE = 'topology.istio.io/subzone';

/** Regions, zones and subzones of a cluster (Istio reads the Node's labels; pods override them by a label of their own). */
export const localities = (cluster: Cluster, facts: Facts): LocalityFact => {
  const nodes = cluster.resources.ofKind('Node', '');
  const sighted = [
    ...nodes.flatMap(ofNode),
    ...facts.workloads.flatMap((workload) =>
      ofPodLabels(workload.labels, `label of ${workload.resource.kind} ${workload.name}`, workload.specPlace),
    ),
    ...cluster.resources.ofKind('WorkloadEntry', 'networking.istio.io').flatMap(ofWorkloadEntry),
  ].toSorted((a, b) => compareLocalities(a, b) || comparePlaces(a.place, b.place));
  const distinct = sighted.filter((found, index) => index === 0 || compareLocalities(found, sighted[index - 1]!) !== 0);
  const reason = whyUnknown(cluster, nodes);
  return { state: reason === undefined ? 'known' : 'unknown', reason, localities: distinct };
};

const whyUnknown = (cluster: Cluster, nodes: readonly Resource[]): string | undefined => {
  if (nodes.length === 0) return 'no Node is in the files';
  if (hidesKind(cluster, ['Node'])) return 'a file that may hold Nodes could not be read';
  const unlabelled = nodes.find((node) => ofNode(node).length === 0);
  return unlabelled === undefined ? undefined : `Node ${unlabelled.name} names no region`;
};

const labelOf = (labels: Readonly<Record<string, string>>, keys: readonly string[]): string | undefined =>
  keys.find((key) => filled(labels[key]) !== undefined);

const ofNode = (node: Resource): readonly SightedLocality[] => {
  const region = labelOf(node.labels, REGION);
  const zone = labelOf(node.labels, ZONE);
  const key = region ?? zone;
  if (key === undefined) return [];
  const found = {
    region: region === undefined ? '' : (node.labels[region] ?? ''),
    zone: zone === undefined ? '' : (node.labels[zone] ?? ''),
    subzone: node.labels[SUBZONE] ?? '',
    place: placeIn(node, 'metadata', 'labels', key),
    source: `Node ${node.name}`,
  };
  return isSaid(found) ? [found] : [];
};

/** Labels cannot hold `/`: `istio-locality: region.zone.subzone`. */
const ofPodLabels = (
  labels: Readonly<Record<string, string>>,
  source: string,
  place: Place,
): readonly SightedLocality[] => {
  const written = filled(labels['topology.istio.io/locality']) ?? filled(labels['istio-locality']);
  if (written === undefined) return [];
  const [region = '', zone = '', subzone = ''] = written.split('.');
  const found = { region, zone, subzone, place, source };
  return isSaid(found) ? [found] : [];
};

const ofWorkloadEntry = (entry: Resource): readonly SightedLocality[] => {
  const written = filled(get(entry.value, 'spec', 'locality'));
  const place = below(placeIn(entry, 'spec'), 'locality');
  if (written === undefined) {
    const labels = textMap(get(entry.value, 'spec', 'labels'));
    return ofPodLabels(labels, `label of WorkloadEntry ${entry.name}`, placeIn(entry, 'spec', 'labels'));
  }
  const found = { ...parseLocality(written), place, source: `WorkloadEntry ${entry.name}` };
  return isSaid(found) ? [found] : [];
};

const isSaid = ({ region, zone, subzone }: Locality): boolean =>
  region !== '' && ![region, zone, subzone].some(isTemplate);

/** `region/zone/subzone`, as DestinationRules and WorkloadEntries write it. */
export const parseLocality = (written: string): Locality => {
  const [region = '', zone = '', ...rest] = written.split('/');
  return { region, zone, subzone: rest.join('/') };
};

/** `region/zone/subzone` up to the last step that is said. */
export const formatLocality = ({ region, zone, subzone }: Locality): string =>
  [region, zone, subzone].join('/').replace(/\/+$/, '');

const compareLocalities = (a: Locality, b: Locality): number =>
  compareText(a.region, b.region) || compareText(a.zone, b.zone) || compareText(a.subzone, b.subzone);
