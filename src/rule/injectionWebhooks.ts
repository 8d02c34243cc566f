// Which pods the injection webhooks of a cluster take.
import type { Member } from '../facts/mesh.ts';
import type { Resource } from '../model/index.ts';
import { comparePlaces, filled, get, isTemplate, list, scalar, texts } from '../model/index.ts';
import { matches } from './labelSelectors.ts';

/** One webhook of a MutatingWebhookConfiguration of Istio. */
export interface Injector {
  readonly resource: Resource;
  readonly namespaceSelector: unknown;
  readonly objectSelector: unknown;
}

/** A pod in a namespace, as the labels for injection describe it. */
export interface LabelledPod {
  readonly namespace: Readonly<Record<string, string>>;
  readonly pod: Readonly<Record<string, string>>;
  /** `in namespaces with istio-injection=enabled that have label …`. */
  readonly inWords: string;
}

/** All webhooks of Istio for pods, ordered by place. */
export const injectorsOf = (member: Member): readonly Injector[] =>
  member.resources
    .ofKind('MutatingWebhookConfiguration', 'admissionregistration.k8s.io')
    .toSorted((a, b) => comparePlaces(a.place, b.place))
    .flatMap((resource) =>
      list(resource.value['webhooks'])
        .filter(isInjector)
        .map((webhook) => ({
          resource,
          namespaceSelector: get(webhook, 'namespaceSelector'),
          objectSelector: get(webhook, 'objectSelector'),
        })),
    );

/** A webhook for pods that is named like those of Istio, or asks for a revision. */
export const isInjector = (webhook: unknown): boolean => isOfIstio(webhook) && isForPods(webhook);

const isOfIstio = (webhook: unknown): boolean =>
  /(?:^|\.)istio\.io$/.test(filled(get(webhook, 'name')) ?? '') || revisionsIn(webhook).length > 0;

const isForPods = (webhook: unknown): boolean => {
  const rules = list(get(webhook, 'rules'));
  return (
    rules.length === 0 ||
    rules.some((rule) => texts(get(rule, 'resources')).some((name) => name === 'pods' || name === '*'))
  );
};

const REVISION = 'istio.io/rev';
const INJECT = 'sidecar.istio.io/inject';
const NAMESPACE = 'istio-injection';

const revisionsIn = (webhook: unknown): readonly string[] =>
  ['namespaceSelector', 'objectSelector'].flatMap((key) => {
    const selector = get(webhook, key);
    const written = [
      get(selector, 'matchLabels', REVISION),
      ...list(get(selector, 'matchExpressions')).flatMap((expression) =>
        get(expression, 'key') === REVISION ? list(get(expression, 'values')) : [],
      ),
    ];
    return written.flatMap((value) => {
      const revision = filled(scalar(value));
      return revision === undefined || isTemplate(revision) ? [] : [revision];
    });
  });

/** Pods of every mix of the labels that decide on injection; the plain mixes first. */
export const podsOfWebhooks = (injectors: readonly Injector[]): readonly LabelledPod[] => {
  const revisions = [...new Set(injectors.flatMap(revisionsIn))].toSorted();
  const asked = revisions.map((revision) => ({ [REVISION]: revision }));
  const mixes = (label: string, values: readonly string[]): readonly Readonly<Record<string, string>>[] => {
    const words = values.map((value) => ({ [label]: value }));
    return [{}, ...words, ...asked, ...asked.flatMap((one) => words.map((word) => ({ ...word, ...one })))];
  };
  const pods = mixes(INJECT, ['true', 'false']);
  return mixes(NAMESPACE, ['enabled', 'disabled']).flatMap((namespace) =>
    pods.map((pod) => ({
      namespace,
      pod,
      inWords: `${inWords(pod)} in namespaces ${inWords(namespace)}`,
    })),
  );
};

const inWords = (labels: Readonly<Record<string, string>>): string =>
  Object.keys(labels).length === 0
    ? 'without a label for it'
    : `with ${Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' and ')}`;

/** Whether the webhook is called for the pod, as far as its selectors ask for labels of injection alone. */
export const selects = ({ namespaceSelector, objectSelector }: Injector, { namespace, pod }: LabelledPod): boolean =>
  matches(namespaceSelector, { labels: namespace, complete: true }) === 'yes' &&
  matches(objectSelector, { labels: pod, complete: true }) === 'yes';
