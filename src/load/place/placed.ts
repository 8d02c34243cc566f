import type {
  ChartRelease,
  EmbeddedSource,
  InjectorSource,
  LooseConfig,
  PemFile,
  Resource,
  SourceFile,
  UnreadDocument,
  ValuesSource,
} from '../../model/index.ts';
import type { RawDocument } from '../yaml.ts';

/** What one file holds, as plain data: made without any other file, so it may come from a worker or a cache. */
export interface ParsedFile {
  readonly file: SourceFile;
  readonly documents: readonly RawDocument[];
  readonly unread: readonly UnreadDocument[];
  /** The certificates and revocation lists of a PEM file. */
  readonly pem: string | undefined;
}

/** An object as a patch leaves it. */
export interface Patched {
  /** The object as its own file states it. */
  readonly base: Readonly<Record<string, unknown>>;
  readonly resource: Resource | undefined;
}

/** What one file gives to a cluster. */
export interface Placed {
  readonly file: SourceFile;
  readonly resources: Resource[];
  readonly values: ValuesSource[];
  readonly releases: ChartRelease[];
  readonly meshConfigs: EmbeddedSource[];
  readonly meshNetworks: EmbeddedSource[];
  readonly injectors: InjectorSource[];
  readonly pemFiles: PemFile[];
  readonly looseConfigs: LooseConfig[];
  readonly unread: UnreadDocument[];
  /** Objects of other files with what this file makes of them; undefined where it deletes them. */
  readonly patched: Patched[];
}

export const nothingPlaced = (file: SourceFile): Placed => ({
  file,
  resources: [],
  values: [],
  releases: [],
  meshConfigs: [],
  meshNetworks: [],
  injectors: [],
  pemFiles: [],
  looseConfigs: [],
  unread: [],
  patched: [],
});

/** The same file for a cluster that shares it with others: everything in it is weaker than the cluster's own. */
export const asShared = (placed: Placed): Placed => {
  const resources = new Map(placed.resources.map((resource) => [resource, { ...resource, shared: true }]));
  const share = <T extends { readonly shared: boolean; readonly object?: Resource | undefined }>(item: T): T => ({
    ...item,
    shared: true,
    ...(item.object === undefined ? {} : { object: resources.get(item.object) ?? item.object }),
  });
  return {
    file: placed.file,
    resources: [...resources.values()],
    values: placed.values.map(share),
    releases: placed.releases.map(share),
    meshConfigs: placed.meshConfigs.map(share),
    meshNetworks: placed.meshNetworks.map(share),
    injectors: placed.injectors.map(share),
    pemFiles: placed.pemFiles.map((item) => ({ ...item, shared: true })),
    looseConfigs: placed.looseConfigs.map((item) => ({ ...item, shared: true })),
    unread: placed.unread.map((item) => ({ ...item, shared: true })),
    patched: placed.patched.map(({ base, resource }) => ({
      base,
      resource: resource === undefined ? undefined : { ...resource, shared: true },
    })),
  };
};
