import { describe, expect, test } from 'vitest';
import { podCidrs, rangesInForce, serviceCidrs } from '../../src/facts/cidrs.ts';
import type { CidrFact } from '../../src/facts/cidrs.ts';
import { clusterOf } from '../support/fleet.ts';

/** `value` of each sighting, with `?` behind defaults. */
const said = (fact: CidrFact): readonly string[] =>
  fact.sightings.map(({ value, isDefault }) => (isDefault ? `${value}?` : value));
const ranges = (
  yaml: string,
  path = 'cluster.yaml',
): { readonly pods: readonly string[]; readonly services: readonly string[] } => {
  const cluster = clusterOf({
    [path]: yaml,
    'namespace.yaml': 'apiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n',
  });
  return { pods: said(podCidrs(cluster)), services: said(serviceCidrs(cluster)) };
};
const object = (apiVersion: string, kind: string, rest: string): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: east}\n${rest}\n`;

describe('where tools are told the ranges', () => {
  test.each([
    [
      'kubeadm',
      object('kubeadm.k8s.io/v1beta3', 'ClusterConfiguration', 'networking: {podSubnet: "10.1.0.0/16,fd00:1::/56"}'),
      ['10.1.0.0/16', 'fd00:1::/56'],
      ['10.96.0.0/12?'],
    ],
    [
      'kubeadm extraArgs as a map',
      object(
        'kubeadm.k8s.io/v1beta3',
        'ClusterConfiguration',
        'controllerManager: {extraArgs: {cluster-cidr: 10.1.0.0/16}}',
      ),
      ['10.1.0.0/16'],
      ['10.96.0.0/12?'],
    ],
    [
      'kubeadm extraArgs as a list',
      object(
        'kubeadm.k8s.io/v1beta4',
        'ClusterConfiguration',
        'controllerManager: {extraArgs: [{name: cluster-cidr, value: 10.1.0.0/16}]}',
      ),
      ['10.1.0.0/16'],
      ['10.96.0.0/12?'],
    ],
    [
      'kube-proxy',
      object('kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration', 'clusterCIDR: 10.1.0.0/16'),
      ['10.1.0.0/16'],
      [],
    ],
    [
      'kind',
      'apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: {podSubnet: 10.1.0.0/16}\n',
      ['10.1.0.0/16'],
      ['10.96.0.0/16?'],
    ],
    [
      'kind on IPv6',
      'apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: {ipFamily: ipv6}\n',
      ['fd00:10:244::/56?'],
      ['fd00:10:96::/112?'],
    ],
    [
      'kind with both families',
      'apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnetworking: {ipFamily: dual}\n',
      ['10.244.0.0/16?', 'fd00:10:244::/56?'],
      ['10.96.0.0/16?', 'fd00:10:96::/112?'],
    ],
    [
      'Cluster API',
      object(
        'cluster.x-k8s.io/v1beta1',
        'Cluster',
        'spec: {clusterNetwork: {pods: {cidrBlocks: [10.1.0.0/16]}, services: {cidrBlocks: [10.2.0.0/16]}}}',
      ),
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    [
      'Calico Installation',
      object(
        'operator.tigera.io/v1',
        'Installation',
        'spec: {calicoNetwork: {ipPools: [{cidr: 10.1.0.0/16}]}, serviceCIDRs: [10.2.0.0/16]}',
      ),
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    ['Calico on EKS', object('operator.tigera.io/v1', 'Installation', 'spec: {kubernetesProvider: EKS}'), [], []],
    ['Calico IPPool', object('projectcalico.org/v3', 'IPPool', 'spec: {cidr: 10.1.0.0/16}'), ['10.1.0.0/16'], []],
    ['disabled IPPool', object('projectcalico.org/v3', 'IPPool', 'spec: {cidr: 10.1.0.0/16, disabled: true}'), [], []],
    [
      'IPPool of load balancers',
      object('projectcalico.org/v3', 'IPPool', 'spec: {cidr: 10.1.0.0/16, allowedUses: [LoadBalancer]}'),
      [],
      [],
    ],
    [
      'CiliumPodIPPool',
      object('cilium.io/v2alpha1', 'CiliumPodIPPool', 'spec: {ipv4: {cidrs: [10.1.0.0/16]}}'),
      ['10.1.0.0/16'],
      [],
    ],
    [
      'Cilium ConfigMap',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {cluster-pool-ipv4-cidr: "10.1.0.0/16 10.2.0.0/16"}\n',
      ['10.1.0.0/16', '10.2.0.0/16'],
      [],
    ],
    [
      'Cilium with addresses of Kubernetes',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {ipam: kubernetes}\n',
      [],
      [],
    ],
    [
      'flannel',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\ndata: {net-conf.json: \'{"Network": "10.1.0.0/16"}\'}\n',
      ['10.1.0.0/16'],
      [],
    ],
    [
      'k3d',
      'apiVersion: k3d.io/v1alpha5\nkind: Simple\noptions: {k3s: {extraArgs: [{arg: --cluster-cidr=10.1.0.0/16}]}}\n',
      ['10.1.0.0/16'],
      ['10.43.0.0/16?'],
    ],
    [
      'Rancher',
      object(
        'provisioning.cattle.io/v1',
        'Cluster',
        'spec: {rkeConfig: {machineGlobalConfig: {cluster-cidr: 10.1.0.0/16}}}',
      ),
      ['10.1.0.0/16'],
      ['10.43.0.0/16?'],
    ],
    [
      'kops',
      object(
        'kops.k8s.io/v1alpha2',
        'Cluster',
        'spec: {kubeControllerManager: {clusterCIDR: 100.96.0.0/11}, serviceClusterIPRange: 100.64.0.0/13}',
      ),
      ['100.96.0.0/11'],
      ['100.64.0.0/13'],
    ],
    [
      'KubeKey',
      object('kubekey.kubesphere.io/v1alpha2', 'Cluster', 'spec: {network: {}}'),
      ['10.233.64.0/18?'],
      ['10.233.0.0/18?'],
    ],
    [
      'GKE',
      object(
        'container.cnrm.cloud.google.com/v1beta1',
        'ContainerCluster',
        'spec: {ipAllocationPolicy: {clusterIpv4CidrBlock: 10.1.0.0/16, servicesIpv4CidrBlock: 10.2.0.0/20}}',
      ),
      ['10.1.0.0/16'],
      ['10.2.0.0/20'],
    ],
    [
      'GKE through Crossplane',
      object(
        'container.gcp.upbound.io/v1beta1',
        'Cluster',
        'spec: {forProvider: {ipAllocationPolicy: [{clusterIpv4CidrBlock: 10.1.0.0/16}]}}',
      ),
      ['10.1.0.0/16'],
      [],
    ],
    [
      'eksctl',
      'apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: east}\nvpc: {cidr: 10.1.0.0/16}\nkubernetesNetworkConfig: {serviceIPv4CIDR: 10.2.0.0/16}\n',
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    [
      'eksctl in a VPC that exists',
      'apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: east}\nvpc: {id: vpc-1, cidr: 10.1.0.0/16}\n',
      [],
      [],
    ],
    [
      'AKS overlay',
      object(
        'containerservice.azure.upbound.io/v1beta1',
        'KubernetesCluster',
        'spec: {forProvider: {networkProfile: [{networkPluginMode: overlay}]}}',
      ),
      ['10.244.0.0/16?'],
      ['10.0.0.0/16?'],
    ],
    [
      'OpenShift',
      object(
        'config.openshift.io/v1',
        'Network',
        'spec: {clusterNetwork: [{cidr: 10.1.0.0/16}], serviceNetwork: [10.2.0.0/16]}',
      ),
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    [
      'Gardener',
      object('core.gardener.cloud/v1beta1', 'Shoot', 'spec: {networking: {pods: 10.1.0.0/16, services: 10.2.0.0/16}}'),
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    [
      'Node',
      object('v1', 'Node', 'spec: {podCIDR: 10.1.0.0/24, podCIDRs: [10.1.0.0/24, fd00:1::/64]}'),
      ['10.1.0.0/24', 'fd00:1::/64'],
      [],
    ],
    ['k3s', 'cluster-cidr: [10.1.0.0/16]\nservice-cidr: 10.2.0.0/16\n', ['10.1.0.0/16'], ['10.2.0.0/16']],
    [
      'Kubespray without dual stack',
      'kube_pods_subnet: 10.1.0.0/18\nkube_pods_subnet_ipv6: fd85::/112\nenable_dual_stack_networks: false\n',
      ['10.1.0.0/18'],
      ['10.233.0.0/18?'],
    ],
    [
      'RKE',
      'services: {kube-controller: {cluster_cidr: 10.1.0.0/16, service_cluster_ip_range: 10.2.0.0/16}}\n',
      ['10.1.0.0/16'],
      ['10.2.0.0/16'],
    ],
    [
      'Talos',
      'version: v1alpha1\nmachine: {type: controlplane}\ncluster: {network: {podSubnets: [10.1.0.0/16]}}\n',
      ['10.1.0.0/16'],
      ['10.96.0.0/12?'],
    ],
  ])('%s', (_name, yaml, pods, services) => expect(ranges(yaml)).toEqual({ pods, services }));

  test('pools of MetalLB are none', () =>
    expect(ranges(object('metallb.io/v1beta1', 'IPAddressPool', 'spec: {addresses: [172.18.0.0/16]}'))).toEqual({
      pods: [],
      services: [],
    }));

  test('a range of a subnetwork by its name', () => {
    const cluster = clusterOf({
      'cluster.yaml': object(
        'container.cnrm.cloud.google.com/v1beta1',
        'ContainerCluster',
        'spec: {ipAllocationPolicy: {clusterSecondaryRangeName: pods}}',
      ),
      'subnet.yaml': object(
        'compute.cnrm.cloud.google.com/v1beta1',
        'ComputeSubnetwork',
        'spec: {secondaryIpRange: [{rangeName: pods, ipCidrRange: 10.1.0.0/16}]}',
      ),
    });
    expect(said(podCidrs(cluster))).toEqual(['10.1.0.0/16']);
  });
});

describe('what is known', () => {
  const pods = (...documents: string[]): CidrFact => podCidrs(clusterOf({ 'all.yaml': documents.join('---\n') }));
  const node = object('v1', 'Node', 'spec: {podCIDR: 10.9.0.0/24}');
  const pool = object('projectcalico.org/v3', 'IPPool', 'spec: {cidr: 10.1.0.0/17}');
  const kubeProxy = object('kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration', 'clusterCIDR: 10.8.0.0/16');
  const kubeadm = object('kubeadm.k8s.io/v1beta3', 'ClusterConfiguration', 'networking: {podSubnet: 10.1.0.0/16}');
  const inForce = (fact: CidrFact): readonly string[] => rangesInForce(fact).map(({ sighting }) => sighting.value);

  test('nothing without a source', () =>
    expect(pods(object('v1', 'Namespace', ''))).toMatchObject({ state: 'unknown', sightings: [] }));
  test('declared range and pools together, over kube-proxy and Nodes', () =>
    expect(inForce(pods(node, pool, kubeProxy, kubeadm))).toEqual(['10.1.0.0/16', '10.1.0.0/17']));
  test('kube-proxy over Nodes', () => expect(inForce(pods(node, kubeProxy))).toEqual(['10.8.0.0/16']));
  test('Nodes where nothing else speaks', () => expect(inForce(pods(node))).toEqual(['10.9.0.0/24']));
  test('a default gives way to what is written', () =>
    expect(
      inForce(pods(kubeadm, 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cilium-config}\ndata: {}\n')),
    ).toEqual(['10.1.0.0/16']));
  test('a template and a bare mask are unknown', () => {
    expect(
      pods(object('kubeadm.k8s.io/v1beta3', 'ClusterConfiguration', 'networking: {podSubnet: "${PODS}"}')),
    ).toMatchObject({
      state: 'unknown',
      reason: 'kubeadm podSubnet is the template ${PODS}',
    });
    expect(
      pods(object('container.cnrm.cloud.google.com/v1beta1', 'ContainerCluster', 'spec: {clusterIpv4Cidr: /14}')),
    ).toMatchObject({ state: 'unknown' });
  });
  test('the config is over all files', () => {
    const cluster = clusterOf({ 'all.yaml': kubeadm });
    const place = cluster.resources.all[0]!.place;
    expect(inForce(podCidrs({ ...cluster, settings: { podCidrs: ['10.77.0.0/16'], place } }))).toEqual([
      '10.77.0.0/16',
    ]);
  });
  test('of several clusters that a management cluster describes, the one of its own name', () => {
    const capi = (name: string, cidr: string): string =>
      `apiVersion: cluster.x-k8s.io/v1beta1\nkind: Cluster\nmetadata: {name: ${name}}\nspec: {clusterNetwork: {pods: {cidrBlocks: [${cidr}]}}}\n`;
    expect(inForce(pods(capi('west', '10.5.0.0/16'), capi('east', '10.4.0.0/16')))).toEqual(['10.4.0.0/16']);
    expect(inForce(pods(capi('west', '10.5.0.0/16'), capi('north', '10.4.0.0/16')))).toEqual([]);
  });
});
