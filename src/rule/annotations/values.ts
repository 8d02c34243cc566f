// What Istio takes as the value of its annotations on pods.
import { parseCidr } from '../../facts/cidr.ts';
import { flag, integer } from '../../model/index.ts';
import { isNameSlip } from '../slips.ts';

/** Why a value is none that Istio takes, to follow the value in a sentence; undefined where it is fine or not checked. */
export const faultOfValue = (name: string, value: string): string | undefined =>
  Object.hasOwn(CHECKS, name) ? CHECKS[name]?.(value) : undefined;

/** Whether `istioctl analyze` checks the value of the annotation. */
export const isChecked = (name: string): boolean => name !== TEMPLATES && isRefused(name);

/** Whether the injector refuses the pod, so that there is none. */
export const isRefused = (name: string): boolean => !LEFT_TO_OTHERS.has(name);

const TEMPLATES = 'inject.istio.io/templates';

/** Kubernetes refuses a quantity that is none; the others fall back to what holds without them. */
const LEFT_TO_OTHERS = new Set([
  'sidecar.istio.io/proxyCPU',
  'sidecar.istio.io/proxyCPULimit',
  'sidecar.istio.io/proxyMemory',
  'sidecar.istio.io/proxyMemoryLimit',
  'sidecar.istio.io/rewriteAppHTTPProbers',
]);

type Check = (value: string) => string | undefined;

const isPort = (value: string): boolean => /^\d{1,5}$/.test(value) && Number(value) <= 65_535;

const items = (value: string): readonly string[] => (value === '' ? [] : value.split(','));

const ports: Check = (value) => {
  const wrong = items(value).find((item) => !isPort(item.trim()));
  return wrong === undefined ? undefined : `${wrong.trim() === '' ? 'an empty item' : wrong.trim()} is no port number`;
};

const ranges: Check = (value) => {
  // Blanks are not trimmed by the one who reads it.
  const wrong = items(value).find((item) => !item.includes('/') || parseCidr(item) === undefined);
  return wrong === undefined
    ? undefined
    : `${wrong === '' ? 'an empty item' : `"${wrong}"`} is no address range such as 10.0.0.0/8`;
};

const orAll =
  (check: Check): Check =>
  (value) =>
    value === '*' ? undefined : check(value);

const whole: Check = (value) =>
  /^\d{1,10}$/.test(value) && (integer(value) ?? Number.POSITIVE_INFINITY) < 2 ** 32
    ? undefined
    : 'that is no whole number from 0 on';

const port: Check = (value) => (isPort(value) ? undefined : 'that is no port number');

const boolean: Check = (value) => (flag(value) === undefined ? 'that is neither true nor false' : undefined);

const quantity: Check = (value) =>
  /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/.test(value)
    ? undefined
    : 'that is no quantity such as 100m or 128Mi';

/** Those that come with Istio; the installation may have more, so that only a slip is one for certain. */
const OWN_TEMPLATES = ['sidecar', 'gateway', 'grpc-simple', 'grpc-agent', 'waypoint', 'kube-gateway'];

const templates: Check = (value) => {
  for (const name of items(value).map((item) => item.trim())) {
    const meant = OWN_TEMPLATES.includes(name) ? undefined : OWN_TEMPLATES.find((own) => isNameSlip(name, own));
    if (meant !== undefined) return `Istio has no template ${name}, did you mean ${meant}?`;
  }
  return undefined;
};

const oneOf =
  (...known: readonly string[]): Check =>
  (value) =>
    known.includes(value) ? undefined : `Istio knows ${known.join(', ')}`;

const CHECKS: Readonly<Record<string, Check>> = {
  [TEMPLATES]: templates,
  'prometheus.istio.io/merge-metrics': boolean,
  'readiness.status.sidecar.istio.io/applicationPorts': ports,
  'readiness.status.sidecar.istio.io/failureThreshold': whole,
  'readiness.status.sidecar.istio.io/initialDelaySeconds': whole,
  'readiness.status.sidecar.istio.io/periodSeconds': whole,
  'sidecar.istio.io/enableCoreDump': boolean,
  'sidecar.istio.io/interceptionMode': oneOf('REDIRECT', 'TPROXY', 'NONE'),
  'sidecar.istio.io/nativeSidecar': boolean,
  'sidecar.istio.io/proxyCPU': quantity,
  'sidecar.istio.io/proxyCPULimit': quantity,
  'sidecar.istio.io/proxyMemory': quantity,
  'sidecar.istio.io/proxyMemoryLimit': quantity,
  'sidecar.istio.io/rewriteAppHTTPProbers': boolean,
  'status.sidecar.istio.io/port': port,
  'traffic.sidecar.istio.io/excludeInboundPorts': ports,
  'traffic.sidecar.istio.io/excludeOutboundIPRanges': ranges,
  'traffic.sidecar.istio.io/excludeOutboundPorts': ports,
  'traffic.sidecar.istio.io/includeInboundPorts': orAll(ports),
  'traffic.sidecar.istio.io/includeOutboundIPRanges': orAll(ranges),
  'traffic.sidecar.istio.io/includeOutboundPorts': orAll(ports),
};
