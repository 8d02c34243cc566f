import type { Cluster, Place, Resource, Tri } from '../model/index.ts';
import type { Facts } from './index.ts';

/** A pod template of any controller, or a bare Pod. */
export interface Workload {
  readonly resource: Resource;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Pod spec and where it stands. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly specPlace: Place;
  /** Whether a sidecar is injected (or is part of the template). */
  readonly injected: Tri;
  readonly ambient: Tri;
  /** An Envoy that is a gateway: args `proxy router`, template `gateway`. */
  readonly gateway: boolean;
  readonly serviceAccount: string | undefined;
  readonly shared: boolean;
}

export const workloads = (_cluster: Cluster, _facts: Facts): readonly Workload[] => [];
