// What the API server refuses in objects of the Gateway API beside their form (bundle v0.8 and later).
import type { Field, Refuse, Violation } from '../violation.ts';
import { at, collect } from '../violation.ts';
import { checkListeners } from './listeners.ts';
import { checkGrpcRoute, checkHttpRoute, checkStreamRoute } from './routes.ts';

const CHECKS: ReadonlyMap<string, (spec: Field, refuse: Refuse) => void> = new Map([
  ['gateway.networking.k8s.io/Gateway', checkListeners],
  ['gateway.networking.k8s.io/ListenerSet', checkListeners],
  ['gateway.networking.k8s.io/HTTPRoute', checkHttpRoute],
  ['gateway.networking.k8s.io/GRPCRoute', checkGrpcRoute],
  ['gateway.networking.k8s.io/TLSRoute', checkStreamRoute],
  ['gateway.networking.k8s.io/TCPRoute', checkStreamRoute],
  ['gateway.networking.k8s.io/UDPRoute', checkStreamRoute],
]);

/** The kinds that are checked, as `group/kind`. */
export const GATEWAY_API_KINDS: readonly string[] = [...CHECKS.keys()];

/** What is refused in an object of `group/kind`; kinds of others have no violations here. */
export const gatewayApiViolations = (kind: string, value: unknown): readonly Violation[] => {
  const check = CHECKS.get(kind);
  return check === undefined ? [] : collect((refuse) => check(at({ value, path: [] }, 'spec'), refuse));
};
