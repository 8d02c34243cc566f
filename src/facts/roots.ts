import type { Cluster, Fact, Place, Sighting } from '../model/index.ts';
import type { Facts } from './index.ts';

/** One trust anchor: the SHA-256 of a DER certificate (64 hex digits), or the symbol of a CA. */
export interface Root {
  /** 64 hex digits; or `self:<cluster>`, `issuer:<kind>/<name>`, `ca:<address>`. */
  readonly id: string;
  /** `CN=Root A`, for messages. */
  readonly subject: string | undefined;
  /** The certificate itself, PEM. */
  readonly pem: string | undefined;
}

export interface RootsFact {
  /** The set of roots that proxies of this cluster trust; each sighting is a copy of the whole set. */
  readonly fact: Fact<readonly Root[]>;
  /** Other copies of the root inside the cluster (ConfigMap istio-ca-root-cert, PEM files). */
  readonly copies: readonly Sighting<readonly Root[]>[];
  /** caCertificates of the mesh config, and whether ISTIO_MULTIROOT_MESH makes them count. */
  readonly extra: Fact<readonly Root[]>;
}

/** A signing certificate with what belongs to it. */
export interface CaChain {
  readonly form: 'pem' | 'tls';
  readonly signing: string | undefined;
  readonly chain: string | undefined;
  readonly root: string | undefined;
  /** Whether a private key is present; its text is never kept beyond the check that it matches. */
  readonly keyMatches: boolean | undefined;
  readonly place: Place;
  readonly places: Readonly<Record<string, Place>>;
  /** Known from loose PEM files, not from the Secret that istiod mounts. */
  readonly loose: boolean;
  readonly shared: boolean;
}

export const roots = (_cluster: Cluster, _facts: Facts): RootsFact => ({
  fact: { state: 'unknown', reason: 'not derived yet' },
  copies: [],
  extra: { state: 'absent' },
});
export const caChain = (_cluster: Cluster, _facts: Facts): readonly CaChain[] => [];
