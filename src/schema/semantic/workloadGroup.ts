import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isEmptyList, itemsOf, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkLabels, checkNotNegative, checkPort } from './common.ts';
import { checkNamedPorts } from './workloadEntry.ts';

export const checkWorkloadGroup: Check = ({ spec }, refuse) => {
  const template = at(spec, 'template');
  if (!has(template)) refuse(template, 'is missing, but a WorkloadGroup has a template', { isMissing: true });
  checkNamedPorts(at(template, 'ports'), refuse);
  checkLabels(at(template, 'labels'), refuse);
  checkLabels(at(spec, 'metadata', 'labels'), refuse);
  checkProbe(at(spec, 'probe'), refuse);
};

const WAYS = ['httpGet', 'tcpSocket', 'exec', 'grpc'] as const;

const checkProbe = (probe: Field, refuse: Refuse): void => {
  if (!isRecord(probe.value)) return;
  if (!WAYS.some((way) => has(at(probe, way))))
    refuse(probe, `says no way to probe, but needs one of ${WAYS.join(', ')}`, { isMissing: true });
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'])
    checkNotNegative(at(probe, key), refuse);
  for (const way of ['httpGet', 'tcpSocket', 'grpc'] as const) {
    const port = at(probe, way, 'port');
    if (way !== 'grpc' && isRecord(at(probe, way).value) && !has(port))
      refuse(port, 'is missing, but a probe calls a port', { isMissing: true });
    checkPort(port, refuse);
  }
  const scheme = written(at(probe, 'httpGet', 'scheme'));
  if (scheme !== undefined && !['', 'HTTP', 'HTTPS'].includes(scheme))
    refuse(at(probe, 'httpGet', 'scheme'), `is ${shown(scheme)}, but must be HTTP or HTTPS`);
  for (const header of itemsOf(at(probe, 'httpGet', 'httpHeaders'))) checkProbeHeader(at(header, 'name'), refuse);
  if (isRecord(at(probe, 'exec').value) && isEmptyList(at(probe, 'exec', 'command')))
    refuse(at(probe, 'exec', 'command'), 'is missing, but a probe by exec runs a command', { isMissing: true });
};

/** As Kubernetes reads it in the probes of pods, without _. */
const checkProbeHeader = (field: Field, refuse: Refuse): void => {
  const name = written(field);
  if (!has(field) || name === '') refuse(field, 'is missing, but a header has a name', { isMissing: true });
  else if (name !== undefined && !/^[-A-Za-z0-9]+$/.test(name))
    refuse(field, `is ${shown(name)}, but the name of a header of a probe has letters, digits and - only`);
};
