// Which releases serve an API version.
import type { Cluster } from '../model/index.ts';
import type { Minors } from './minors.ts';
import { SUPPORTED } from './minors.ts';

/** First minor that serves a kind in an API version; `*` stands for all other kinds of the group. */
const SINCE: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map(
  Object.entries({
    'networking.istio.io/v1alpha3': { WorkloadEntry: 6, WorkloadGroup: 8, '*': 1 },
    'networking.istio.io/v1beta1': { WorkloadEntry: 6, WorkloadGroup: 13, ProxyConfig: 13, '*': 5 },
    'networking.istio.io/v1': { '*': 22 },
    'security.istio.io/v1beta1': { AuthorizationPolicy: 4, '*': 5 },
    'security.istio.io/v1': { PeerAuthentication: 22, '*': 17 },
    'telemetry.istio.io/v1alpha1': { '*': 10 },
    'telemetry.istio.io/v1': { '*': 22 },
    'extensions.istio.io/v1alpha1': { TrafficExtension: 30, '*': 12 },
  }).map(([api, kinds]) => [api, new Map(Object.entries(kinds))]),
);

/** Last minor that serves an API group. */
const UNTIL: ReadonlyMap<string, number> = new Map([
  ['authentication.istio.io', 5],
  ['rbac.istio.io', 6],
  ['config.istio.io', 7],
]);

/** The releases that serve all API versions in the files of a cluster. */
export const apiBounds = (cluster: Cluster): Minors => {
  let { low, high } = SUPPORTED;
  for (const resource of cluster.resources.all) {
    if (!resource.group.endsWith('.istio.io')) continue;
    const kinds = SINCE.get(resource.apiVersion);
    low = Math.max(low, kinds?.get(resource.kind) ?? kinds?.get('*') ?? low);
    high = Math.min(high, UNTIL.get(resource.group) ?? high);
  }
  // Leftovers of an old version do no harm beside new APIs, while new APIs are not served by an old version.
  return low > high ? { low, high: SUPPORTED.high } : { low, high };
};

/** First minor that serves a kind of Istio in an API version; undefined for what this program does not know. */
export const servedSince = (apiVersion: string, kind: string): number | undefined => {
  const kinds = SINCE.get(apiVersion);
  return kinds?.get(kind) ?? kinds?.get('*');
};

/** Last minor that serves an API group; undefined for groups that are still served. */
export const servedUntil = (group: string): number | undefined => UNTIL.get(group);
