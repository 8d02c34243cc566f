import type { Place, SourceFile } from './place.ts';
import type {
  ChartRelease,
  EmbeddedSource,
  InjectorSource,
  PemFile,
  Resource,
  UnreadDocument,
  ValuesSource,
} from './resource.ts';

/** Look-ups over the resources of one cluster. Each is built once, on first use. */
export interface Resources {
  readonly all: readonly Resource[];
  /** Resources of a kind; `group` may be left out where the kind names one group only. '' is the core group. */
  ofKind(kind: string, group?: string): readonly Resource[];
  /**
   * All statements of one object. Several are alternatives, or a base and its patches. An object whose
   * namespace is not stated matches any namespace.
   */
  find(kind: string, namespace: string | undefined, name: string, group?: string): readonly Resource[];
  /** Resources of a kind in a namespace, with those whose namespace is not stated. */
  inNamespace(kind: string, namespace: string, group?: string): readonly Resource[];
}

/** What mesh-lint.yaml says of one cluster (`clusters.<name>`). */
export interface ClusterSettings {
  readonly clusterId?: string | undefined;
  readonly network?: string | undefined;
  readonly podCidrs?: readonly string[] | undefined;
  readonly serviceCidrs?: readonly string[] | undefined;
  readonly role?: 'primary' | 'remote' | 'external' | 'config' | undefined;
  readonly istioVersion?: string | undefined;
  readonly remoteSecrets?: 'elsewhere' | undefined;
  /** Fingerprints or certificates read from the `rootCA` file. */
  readonly rootCA?: PemFile | undefined;
  /** Where the settings of this cluster stand in mesh-lint.yaml. */
  readonly place?: Place | undefined;
}

/** The files of one cluster, read and sorted by what they are. Facts are derived from this and nothing else. */
export interface Cluster {
  /** Directory name, file affix or clusterName: the word that people use for it. Unique in a fleet. */
  readonly name: string;
  /** Why these files are one cluster, in a sentence for `--verbose`. */
  readonly because: string;
  /** The set of clusters it was found beside; sets of several scenarios are never one mesh. '' is the only one. */
  readonly scenario: string;
  readonly files: readonly SourceFile[];
  readonly resources: Resources;
  readonly values: readonly ValuesSource[];
  readonly releases: readonly ChartRelease[];
  readonly meshConfigs: readonly EmbeddedSource[];
  readonly meshNetworks: readonly EmbeddedSource[];
  readonly injectors: readonly InjectorSource[];
  readonly pemFiles: readonly PemFile[];
  /** YAML without kind and without Helm shape that names CIDRs (k3s, Kubespray group_vars, Talos, …). */
  readonly looseConfigs: readonly LooseConfig[];
  readonly unread: readonly UnreadDocument[];
  readonly settings: ClusterSettings;
}

/** A map without `kind` that is no set of Helm values known to us. */
export interface LooseConfig {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  readonly shared: boolean;
}

/** Something about a file itself: it cannot be read, is not YAML, repeats a key. */
export interface Problem {
  readonly rule: 'schema/parse' | 'schema/duplicate-key';
  readonly place: Place;
  /** What is wrong, as the tail of a sentence that begins with the file: `is not YAML: tab used for indentation`. */
  readonly message: string;
}

/** A decision or a limit that the user wants to know of; shown by `--verbose` and `mesh-lint facts`. */
export interface Note {
  readonly message: string;
  readonly place?: Place | undefined;
  readonly cluster?: string | undefined;
  /** Shown without being asked for: something that was meant to be checked was not. */
  readonly isLoud?: boolean | undefined;
}

/** All that was loaded. */
export interface Fleet {
  readonly clusters: readonly Cluster[];
  readonly files: readonly SourceFile[];
  readonly documents: number;
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
  /** Comments that begin with `mesh-lint-disable`. */
  readonly suppressions: readonly SuppressionComment[];
}

/** `# mesh-lint-disable[-next-line] rule[,rule] [-- reason]`. */
export interface SuppressionComment {
  readonly file: SourceFile;
  readonly document: number;
  /** Line of the comment, from 1. */
  readonly line: number;
  readonly scope: 'next-line' | 'document';
  readonly rules: readonly string[];
  readonly reason: string | undefined;
}
