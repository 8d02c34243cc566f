// Which annotations Istio has, as `npm run schemas` writes them into schemas/istio.
import annotationsJson from '../../../schemas/istio/annotations.json' with { type: 'json' };
import type { Minors } from '../../facts/minors.ts';

/** An annotation or label of Istio. */
export interface Registered {
  /** Kinds that may carry it; `Any` for all. */
  readonly on: readonly string[];
  readonly stage: string;
  /** The minor of Istio from which on it is deprecated. */
  readonly deprecated?: number;
  /** The last minor that has it; left out where the newest does. */
  readonly until?: number;
}

type Registry = Readonly<Record<string, Registered>>;
const held: { readonly annotations: Registry; readonly labels: Registry } = annotationsJson;

/** An annotation that some release of Istio has. */
export const annotationCalled = (name: string): Registered | undefined =>
  Object.hasOwn(held.annotations, name) ? held.annotations[name] : undefined;

/** A label that some release of Istio has. */
export const labelCalled = (name: string): Registered | undefined =>
  Object.hasOwn(held.labels, name) ? held.labels[name] : undefined;

/** Names of the annotations that releases in the range have. */
export const annotationNames = (minors: Minors): readonly string[] =>
  Object.entries(held.annotations).flatMap(([name, { until }]) => (isGone({ until }, minors) ? [] : [name]));

/** None of the releases has it any more. */
export const isGone = ({ until }: { readonly until?: number | undefined }, minors: Minors): boolean =>
  until !== undefined && minors.low > until;

/** A key under a domain of Istio, or the one of Kubernetes that Istio documents as its own. */
export const isOfIstio = (name: string): boolean =>
  name === 'kubernetes.io/ingress.class' || /^(?:[^/]*\.)?istio\.io\//.test(name);
