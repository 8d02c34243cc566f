import type { Cluster, Fleet, Place, Resources, Tri } from '../model/index.ts';
import { compareText } from '../model/index.ts';
import type { Facts } from './index.ts';
import { deriveFacts } from './index.ts';
import type { Minors } from './version.ts';

/** A cluster of a mesh with its facts. */
export interface Member extends Facts {
  readonly name: string;
  readonly cluster: Cluster;
  readonly resources: Resources;
}

/** What of the kinds of objects a set of files may hold (rule book, "the set tracks X"). */
export type SetRole =
  | 'ca'
  | 'remote-secret'
  | 'namespace'
  | 'gateway'
  | 'mesh-config'
  | 'node'
  | 'cidr'
  | 'rbac'
  | 'crd'
  | `service:${string}`
  | `workload:${string}`
  | `config:${string}`;

/** What mesh-lint.yaml says that is no severity and no cluster. */
export interface MeshSettings {
  /** Kinds or roles of which the tree holds every object. */
  readonly complete: readonly string[];
  /** For certificate dates. */
  readonly now: Date;
  /** Calls that no manifest shows: cluster name → hosts. */
  readonly uses: Readonly<Record<string, readonly string[]>>;
  /** Options by rule id, checked against what the rule declares. */
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Mesh name → cluster names; undefined where the files decide. */
  readonly meshes: Readonly<Record<string, readonly string[]>> | undefined;
  /** For clusters that do not say. */
  readonly istioVersion: string | undefined;
}

/** Clusters that are (meant to be) one mesh, in the order of their names. */
export interface Mesh {
  readonly name: string;
  /** Why these clusters are one mesh, for `--verbose`. */
  readonly because: string;
  readonly members: readonly Member[];
  readonly settings: MeshSettings;
  /** The member of that name; throws where there is none (a fault of the caller). */
  cluster(name: string): Member;
  /** The cluster whose Istio resources rule this one: itself if primary. Undefined where that is not in the set. */
  configCluster(member: Member): Member | undefined;
  /** Versions its control plane may have, after the rules of "Versions": own files, then the mesh, then the assumption. */
  versionOf(member: Member): { readonly minors: Minors; readonly assumed: boolean; readonly place: Place | undefined };
  /** Whether the files of the mesh hold objects of that role at all. */
  tracks(role: SetRole): boolean;
  /** Whether the cluster provably lacks every object of that role. */
  absent(member: Member, role: SetRole): Tri;
}

export const memberOf = (cluster: Cluster): Member =>
  Object.defineProperties({ name: cluster.name, cluster, resources: cluster.resources }, Object.getOwnPropertyDescriptors(deriveFacts(cluster))) as Member;

/** Sorts the clusters of a fleet into meshes. */
export const groupMeshes = (fleet: Fleet, settings: MeshSettings): readonly Mesh[] => {
  const byScenario = new Map<string, Cluster[]>();
  for (const cluster of fleet.clusters) byScenario.set(cluster.scenario, [...(byScenario.get(cluster.scenario) ?? []), cluster]);
  return [...byScenario].map(([scenario, clusters]) => {
    const members = clusters.map(memberOf).toSorted((a, b) => compareText(a.name, b.name));
    return {
      name: scenario === '' ? 'mesh' : scenario,
      because: 'the only mesh',
      members,
      settings,
      cluster: (name) => {
        const found = members.find((member) => member.name === name);
        if (found === undefined) throw new Error(`no cluster ${name}`);
        return found;
      },
      configCluster: (member) => member,
      versionOf: (member) => ({ minors: member.istioVersion.bounds, assumed: true, place: undefined }),
      tracks: () => false,
      absent: () => 'unknown',
    };
  });
};
