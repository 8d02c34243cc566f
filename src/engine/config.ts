import type { Level, Preset } from './select.ts';

/** What mesh-lint.yaml may say, after its schema was checked. Paths are relative to its directory. */
export interface Config {
  readonly istioVersion?: string | undefined;
  readonly meshes?: Readonly<Record<string, { readonly clusters: readonly string[] }>> | undefined;
  readonly clusters?: Readonly<Record<string, ClusterConfig | null>> | undefined;
  readonly complete?: readonly string[] | undefined;
  readonly now?: string | undefined;
  readonly uses?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly options?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
  readonly preset?: Preset | undefined;
  readonly rules?: Readonly<Record<string, Level>> | undefined;
  readonly ignore?: readonly Ignore[] | undefined;
}

export interface ClusterConfig {
  readonly paths?: readonly string[] | undefined;
  readonly clusterId?: string | undefined;
  readonly network?: string | undefined;
  readonly podCidrs?: readonly string[] | undefined;
  readonly serviceCidrs?: readonly string[] | undefined;
  readonly role?: 'primary' | 'remote' | 'external' | 'config' | undefined;
  readonly istioVersion?: string | undefined;
  readonly remoteSecrets?: 'elsewhere' | undefined;
  readonly rootCA?: string | undefined;
}

/** Findings that stay silent where all that is said fits one of their places; `*` stands for any characters. */
export interface Ignore {
  readonly rule?: string | undefined;
  readonly cluster?: string | undefined;
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly path?: string | undefined;
  readonly reason?: string | undefined;
}
