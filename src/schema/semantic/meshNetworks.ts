import { isRecord } from '../../model/index.ts';
import { faultOfFqdn, isAddress, isDnsLabel, isSubnet } from '../forms/names.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, entriesOf, has, itemsOf, shown, written } from '../violation.ts';
import { checkFqdn, checkPort, PORT_RANGE } from './common.ts';

/** The map of networks: istiod refuses all of it for one that is wrong. */
export const checkMeshNetworks = (networks: Field, refuse: Refuse): void => {
  for (const [, network] of entriesOf(networks)) {
    for (const endpoint of itemsOf(at(network, 'endpoints'))) checkEndpoint(endpoint, refuse);
    for (const gateway of itemsOf(at(network, 'gateways'))) checkGateway(gateway, refuse);
  }
};

const checkEndpoint = (endpoint: Field, refuse: Refuse): void => {
  const [cidr, registry] = [at(endpoint, 'fromCidr'), at(endpoint, 'fromRegistry')];
  const [range, name] = [written(cidr), written(registry)];
  if (range !== undefined && !isSubnet(range))
    refuse(cidr, `is ${shown(range)}, but must be an IP address or a range like 10.0.0.0/8`);
  if (name !== undefined && !isDnsLabel(name))
    refuse(
      registry,
      `is ${shown(name)}, but the name of a registry has letters, digits and inner dashes only, up to 63`,
    );
};

const checkGateway = (gateway: Field, refuse: Refuse): void => {
  checkFqdn(at(gateway, 'registryServiceName'), refuse);
  const address = written(at(gateway, 'address'));
  if (address !== undefined && !isAddress(address)) {
    const fault = faultOfFqdn(address);
    if (fault !== undefined) refuse(at(gateway, 'address'), `is ${shown(address)}, ${fault}`);
  }
  const port = at(gateway, 'port');
  if (isRecord(gateway.value) && !has(port)) refuse(port, `is missing, ${PORT_RANGE}`, { isMissing: true });
  checkPort(port, refuse);
};
