import { isRecord } from '../../model/index.ts';
import { faultOfFqdn, isAddress, isDnsLabel } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, isFilled, shown, written } from '../violation.ts';
import type { Check } from './common.ts';
import { checkLabels, checkPort, checkSocket } from './common.ts';

export const checkWorkloadEntry: Check = ({ spec }, refuse) => {
  if (!isFilled(at(spec, 'address')) && !isFilled(at(spec, 'network')))
    refuse(at(spec, 'address'), 'is missing, but an address (or a network) is needed', { isMissing: true });
  checkEndpoint(spec, refuse, 'name');
};

/** A workload that is no pod; its address is an IP address, with `name` a host name as well. */
export const checkEndpoint = (endpoint: Field, refuse: Refuse, kind: 'address' | 'name'): void => {
  const [address, ports] = [at(endpoint, 'address'), at(endpoint, 'ports')];
  const known = written(address);
  if (known?.startsWith('unix://') === true) {
    checkSocket(address, refuse);
    if (isFilled(ports)) refuse(ports, 'is set, but a Unix socket has no ports');
  } else if (known !== undefined && known !== '' && kind === 'name' && !isAddress(known)) {
    const fault = faultOfFqdn(known);
    if (fault !== undefined) refuse(address, `is ${shown(known)}, ${fault}`);
  }
  checkNamedPorts(ports, refuse);
  checkLabels(at(endpoint, 'labels'), refuse);
};

export const checkNamedPorts = (ports: Field, refuse: Refuse): void => {
  if (!isRecord(ports.value)) return;
  for (const [name, port] of entriesOf(ports)) {
    if (!isDnsLabel(name) && written({ value: name, path: [] }) !== undefined)
      refuse(port, `is for port ${shown(name)}, but a port name has letters, digits and inner dashes only, up to 63`);
    if (has(port)) checkPort(port, refuse);
  }
};
