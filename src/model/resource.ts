import type { Path, Place, SourceFile } from './place.ts';
import { below } from './place.ts';

/** One Kubernetes object as one file states it. */
export interface Resource {
  readonly apiVersion: string;
  /** '' for the core group. That of `apiVersion`, or the group of Istio of which it is a slip of the pen. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly name: string;
  /** Undefined where neither the object nor anything around it (kustomization, Application) names one. */
  readonly namespace: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The whole object. */
  readonly value: Readonly<Record<string, unknown>>;
  /** The object as its file has it, where `value` has a misspelt key as it was meant. */
  readonly written?: Readonly<Record<string, unknown>> | undefined;
  /** The root of the object. */
  readonly place: Place;
  /** Comes from a directory that several clusters build on (base, common): weaker than the cluster's own files. */
  readonly shared: boolean;
}

/** The place of a key of a resource. */
export const placeIn = (resource: Resource, ...path: Path): Place => below(resource.place, ...path);

/** `Kind namespace/name`, as people write it. */
export const describe = ({ kind, namespace, name, place }: Resource): string =>
  name === ''
    ? `${kind} without a name in ${place.file.path}`
    : `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

export type ValuesOrigin = 'IstioOperator' | 'Istio' | 'HelmRelease' | 'Application' | 'HelmChart' | 'values';

/**
 * What a set of Helm values configures: a chart of Istio, `operator` for all that an IstioOperator or
 * Sail `Istio` installs, or `istio-csr`.
 */
export type Chart =
  | 'operator'
  | 'istiod'
  | 'istiod-remote'
  | 'base'
  | 'gateway'
  | 'cni'
  | 'ztunnel'
  | 'istio-csr'
  | 'cilium';

/** Helm values as one file states them. Values of one `installation` overlay each other; the highest `layer` wins. */
export interface ValuesSource {
  readonly chart: Chart;
  readonly origin: ValuesOrigin;
  readonly values: Readonly<Record<string, unknown>>;
  /** The values as their file has them, where `values` has a misspelt key as it was meant. */
  readonly written?: Readonly<Record<string, unknown>> | undefined;
  /** Where the values begin. */
  readonly place: Place;
  /** The IstioOperator, Istio, HelmRelease or Application around them. */
  readonly object: Resource | undefined;
  readonly installation: string;
  readonly layer: number;
  readonly shared: boolean;
  readonly namespace: string | undefined;
  /** Helm release name, where it is said. */
  readonly release: string | undefined;
  /** Version of the chart, where the file around the values says it. */
  readonly version: string | undefined;
  /** What is around the values names the chart; left out where their shape tells it, which may be that of a chart around. */
  readonly isNamed?: boolean | undefined;
}

/** A Helm release of one of Istio's charts that some object asks for, with or without values that could be read. */
export interface ChartRelease {
  readonly chart: Chart;
  /** Where the release is asked for. */
  readonly place: Place;
  readonly object: Resource | undefined;
  /** Some of its values come from files or objects that are not loaded: what is not written is not known. */
  readonly isPartial: boolean;
  readonly shared: boolean;
}

/** YAML that is written in a key of a ConfigMap or in `spec.meshConfig`, `values.meshConfig`, … */
export interface EmbeddedSource {
  readonly value: Readonly<Record<string, unknown>>;
  readonly place: Place;
  /** The ConfigMap, IstioOperator, … around it. */
  readonly object: Resource | undefined;
  readonly origin: 'ConfigMap' | ValuesOrigin;
  /** Revision of the control plane it belongs to, '' for the default one. */
  readonly revision: string;
  readonly namespace: string | undefined;
  /** Same meaning as in ValuesSource. */
  readonly installation: string;
  readonly layer: number;
  readonly shared: boolean;
}

/** ConfigMap istio-sidecar-injector. */
export interface InjectorSource {
  readonly object: Resource;
  readonly revision: string;
  /** Parsed `data.values` (1.2+) and where it stands. */
  readonly values: { readonly value: Readonly<Record<string, unknown>>; readonly place: Place } | undefined;
  /** The raw template text of `data.config` and where it stands. */
  readonly template: { readonly text: string; readonly place: Place } | undefined;
  readonly shared: boolean;
}

/** A PEM file beside the manifests (root-cert.pem, ca-cert.pem, …). Private keys are never kept. */
export interface PemFile {
  readonly file: SourceFile;
  /** File name without directories. */
  readonly name: string;
  /** Directory part of the shown path. */
  readonly directory: string;
  /** The CERTIFICATE and X509 CRL blocks only. */
  readonly text: string;
  readonly shared: boolean;
}

/** A document that could not be used: broken, a template, or of a tool that has to render it first. */
export interface UnreadDocument {
  readonly place: Place;
  readonly why: 'broken' | 'template' | 'chart' | 'kustomize' | 'encrypted';
  /** Kinds that the text seems to hold (`kind: …` lines); empty where nothing can be told. */
  readonly kinds: readonly string[];
  readonly shared: boolean;
}
