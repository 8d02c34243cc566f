// The workloads that a policy is for.
import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, itemsOf, shown, wordOf, written } from '../violation.ts';
import { checkSelectorLabels } from './common.ts';

const TARGETS: ReadonlySet<string> = new Set([
  '/Service',
  'core/Service',
  'gateway.networking.k8s.io/Gateway',
  'gateway.networking.k8s.io/GatewayClass',
  'networking.istio.io/ServiceEntry',
]);

/** The workloads that a policy is for: `selector`, `targetRef`, `targetRefs`. */
export const checkTargets = (spec: Field, refuse: Refuse, selector = 'selector', labels = 'matchLabels'): void => {
  checkSelectorLabels(at(spec, selector, labels), refuse);
  const refs = [at(spec, 'targetRef'), ...itemsOf(at(spec, 'targetRefs'))].filter(has);
  for (const ref of refs) checkTarget(ref, refuse);
  const set = [at(spec, selector), at(spec, 'targetRef')].filter(has);
  if (!isEmptyList(at(spec, 'targetRefs'))) set.push(at(spec, 'targetRefs'));
  if (set.length > 1) refuse(set.at(-1)!, `is set beside ${set[0]!.path.at(-1)!}, but a policy has only one of both`);
};

const checkTarget = (ref: Field, refuse: Refuse): void => {
  if (!isRecord(ref.value)) return;
  const [group, kind] = [wordOf(at(ref, 'group')), wordOf(at(ref, 'kind'))];
  if ((at(ref, 'name').value ?? '') === '')
    refuse(at(ref, 'name'), 'is empty, but a target is named', { isMissing: true });
  const namespace = written(at(ref, 'namespace'));
  if (namespace !== undefined && namespace !== '')
    refuse(
      at(ref, 'namespace'),
      `is ${shown(namespace)}, but a target must be in the namespace of the policy, so the key must go`,
    );
  if (written({ value: group, path: [] }) === undefined || written(at(ref, 'kind')) === undefined) return;
  if (!TARGETS.has(`${group}/${kind}`))
    return refuse(
      at(ref, 'kind'),
      `is ${shown(kind)} of group ${shown(group)}, but a target is a Service, a Gateway or GatewayClass of gateway.networking.k8s.io or a ServiceEntry of networking.istio.io`,
    );
  const until = LATER_TARGETS[kind];
  if (until !== undefined)
    refuse(at(ref, 'kind'), `is ${shown(kind)}, which is a target from Istio 1.${until + 1} on`, {
      istio: `<=1.${until}`,
    });
  // The CRDs of these releases compare the group without asking whether there is one.
  if (!has(at(ref, 'group')))
    refuse(at(ref, 'group'), 'is missing, but a target has a group, "" for a Service', {
      istio: '1.23-1.24',
      isMissing: true,
    });
};

/** Kinds that were no target up to that minor. */
const LATER_TARGETS: Readonly<Record<string, number | undefined>> = { GatewayClass: 24, ServiceEntry: 23 };
