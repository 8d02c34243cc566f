import type { Cluster, Place, Resource } from '../model/index.ts';

/** One entry of a Secret that lets istiod read another cluster. */
export interface RemoteSecret {
  /** Cluster id under which istiod registers it: the data key. Undefined where the content is opaque. */
  readonly key: string | undefined;
  /** Id that the name or the annotation suggests; only a hint. */
  readonly hint: string | undefined;
  /** API server of the kubeconfig, where it can be read. */
  readonly server: string | undefined;
  readonly opaque: boolean;
  readonly resource: Resource;
  readonly place: Place;
}

export const remoteSecrets = (_cluster: Cluster): readonly RemoteSecret[] => [];
