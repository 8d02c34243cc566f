// What installers and distributions are told: kubeadm, kind, k3s, Kubespray, RKE, Talos, OpenShift.
import type { LooseConfig, Path, Resource } from '../../model/index.ts';
import { below, get, list, text } from '../../model/index.ts';
import type { CidrStatement, Field } from './fields.ts';
import { read, split } from './fields.ts';

export const K3S = { pods: ['10.42.0.0/16'], services: ['10.43.0.0/16'] };
export const KUBESPRAY = { pods: ['10.233.64.0/18'], services: ['10.233.0.0/18'] };

export const kindDefaults = (family: unknown): readonly [pods: readonly string[], services: readonly string[]] => {
  const v4 = family === 'ipv6' ? [] : ['10.244.0.0/16'];
  const v6 = family === 'ipv6' || family === 'dual' ? ['fd00:10:244::/56'] : [];
  const services = [...(family === 'ipv6' ? [] : ['10.96.0.0/16']), ...(v6.length > 0 ? ['fd00:10:96::/112'] : [])];
  return [[...v4, ...v6], services];
};

export const kubeadm = (resource: Resource): readonly CidrStatement[] => {
  const subnet = read(resource, {
    of: 'pods',
    tier: 'declared',
    source: 'kubeadm podSubnet',
    path: ['networking', 'podSubnet'],
  });
  return [
    ...(subnet.length > 0 ? subnet : kubeadmArgument(resource)),
    ...read(resource, {
      of: 'services',
      tier: 'declared',
      source: 'kubeadm serviceSubnet',
      path: ['networking', 'serviceSubnet'],
      otherwise: ['10.96.0.0/12'],
    }),
  ];
};

/** `extraArgs` is a map up to v1beta3 and a list of {name, value} from v1beta4. */
const kubeadmArgument = (resource: Resource): readonly CidrStatement[] => {
  const path = ['controllerManager', 'extraArgs'];
  const index = list(get(resource.value, ...path)).findIndex((item) => get(item, 'name') === 'cluster-cidr');
  return read(resource, {
    of: 'pods',
    tier: 'declared',
    source: 'kubeadm cluster-cidr',
    path: index < 0 ? [...path, 'cluster-cidr'] : [...path, index, 'value'],
  });
};

export const k3d = (resource: Resource): readonly CidrStatement[] => {
  const path = ['options', 'k3s', 'extraArgs'];
  const argument = (of: 'pods' | 'services', flag: string, otherwise: readonly string[]): readonly CidrStatement[] => {
    const index = list(get(resource.value, ...path)).findIndex((item) =>
      text(get(item, 'arg'))?.startsWith(`${flag}=`),
    );
    const place = below(resource.place, ...path, ...(index < 0 ? [] : [index, 'arg']));
    const said =
      index < 0 ? otherwise : split(text(get(resource.value, ...path, index, 'arg'))?.slice(flag.length + 1));
    return said.map((value) => ({
      of,
      sighting: {
        value,
        place,
        source: `k3d ${flag}`,
        tier: 'declared',
        isDefault: index < 0,
        shared: resource.shared,
      },
    }));
  };
  return [...argument('pods', '--cluster-cidr', K3S.pods), ...argument('services', '--service-cidr', K3S.services)];
};

/** Files without `kind`: k3s and RKE2, RKE, Kubespray, Talos, OpenShift's installer. */
export const looseConfig = (config: LooseConfig): readonly CidrStatement[] => {
  const { value } = config;
  const declared = (
    of: 'pods' | 'services',
    source: string,
    path: Path,
    otherwise?: readonly string[],
  ): readonly CidrStatement[] => read(config, { of, tier: 'declared', source, path, otherwise });
  const has = (...path: string[]): boolean => get(value, ...path) !== undefined;
  if (has('cluster-cidr') || has('service-cidr'))
    return [
      ...declared('pods', 'k3s cluster-cidr', ['cluster-cidr'], K3S.pods),
      ...declared('services', 'k3s service-cidr', ['service-cidr'], K3S.services),
    ];
  if (has('kube_pods_subnet') || has('kube_service_addresses')) return kubespray(config);
  if (has('services', 'kube-controller') || has('services', 'kube-api', 'service_cluster_ip_range')) {
    const services = declared('services', 'RKE service_cluster_ip_range', [
      'services',
      'kube-api',
      'service_cluster_ip_range',
    ]);
    return [
      ...declared('pods', 'RKE cluster_cidr', ['services', 'kube-controller', 'cluster_cidr'], K3S.pods),
      ...(services.length > 0
        ? services
        : declared(
            'services',
            'RKE service_cluster_ip_range',
            ['services', 'kube-controller', 'service_cluster_ip_range'],
            K3S.services,
          )),
    ];
  }
  if (has('networking', 'clusterNetwork'))
    return [
      ...declared('pods', 'OpenShift clusterNetwork', ['networking', 'clusterNetwork']),
      ...declared('services', 'OpenShift serviceNetwork', ['networking', 'serviceNetwork'], ['172.30.0.0/16']),
    ];
  // Patches of a Talos machine config hold a part only, and say nothing by leaving a field out.
  const whole = has('machine', 'type') && has('cluster');
  return [
    ...declared(
      'pods',
      'Talos podSubnets',
      ['cluster', 'network', 'podSubnets'],
      whole ? ['10.244.0.0/16'] : undefined,
    ),
    ...declared(
      'services',
      'Talos serviceSubnets',
      ['cluster', 'network', 'serviceSubnets'],
      whole ? ['10.96.0.0/12'] : undefined,
    ),
  ];
};

const kubespray = (config: LooseConfig): readonly CidrStatement[] => {
  const on = (name: string): boolean => config.value[name] === true;
  const dual = on('enable_dual_stack_networks') || on('ipv6_stack');
  const fields: Field[] = [
    {
      of: 'pods',
      tier: 'declared',
      source: 'Kubespray kube_pods_subnet',
      path: ['kube_pods_subnet'],
      otherwise: KUBESPRAY.pods,
    },
    {
      of: 'services',
      tier: 'declared',
      source: 'Kubespray kube_service_addresses',
      path: ['kube_service_addresses'],
      otherwise: KUBESPRAY.services,
    },
    ...(dual
      ? ([
          { of: 'pods', tier: 'declared', source: 'Kubespray kube_pods_subnet_ipv6', path: ['kube_pods_subnet_ipv6'] },
          {
            of: 'services',
            tier: 'declared',
            source: 'Kubespray kube_service_addresses_ipv6',
            path: ['kube_service_addresses_ipv6'],
          },
        ] satisfies Field[])
      : []),
  ];
  return fields.flatMap((field) => read(config, field));
};
