// Writes a fleet that is clean by construction: every cluster carries every service, one root CA, one network and one
// gateway per cluster, no two ranges that overlap. mesh-lint has nothing to say about it, so that only reading and
// checking is measured.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const servicesPerNamespace = 10;
const cacerts = readFileSync(new URL('../examples/clean/clusters/east/istio/cacerts.yaml', import.meta.url), 'utf8');

/**
 * Writes `clusters` × `services` below `directory`.
 * @returns {{ files: number, documents: number, bytes: number, directories: string[] }}
 */
export const generateFleet = (directory, clusters, services) => {
  const total = { files: 0, documents: 0, bytes: 0, directories: [] };
  const write = (path, documents) => {
    const text = documents.join('---\n');
    writeFileSync(path, text);
    total.files += 1;
    total.documents += documents.length;
    total.bytes += Buffer.byteLength(text);
  };

  for (let number = 0; number < clusters; number++) {
    const cluster = `region-${pad(number)}`;
    const home = join(directory, cluster);
    total.directories.push(home);
    mkdirSync(join(home, 'istio'), { recursive: true });
    write(join(home, 'istio/control-plane.yaml'), controlPlane(cluster));
    write(join(home, 'istio/cacerts.yaml'), [cacerts]);
    write(join(home, 'istio/east-west-gateway.yaml'), gateway(cluster));
    write(join(home, 'kubeadm.yaml'), [kubeadm(cluster, number)]);
    for (let index = 0; index < services; index++) {
      const namespace = namespaceOf(index);
      if (index % servicesPerNamespace === 0) {
        mkdirSync(join(home, namespace), { recursive: true });
        write(join(home, namespace, 'namespace.yaml'), namespaceDocuments(namespace));
      }
      write(join(home, namespace, `${serviceOf(index)}.yaml`), service(index, services));
    }
  }
  return total;
};

const pad = (number) => String(number).padStart(2, '0');
const namespaceOf = (index) => `team-${pad(Math.floor(index / servicesPerNamespace))}`;
const serviceOf = (index) => `service-${String(index).padStart(3, '0')}`;
const hostOf = (index) => `${serviceOf(index)}.${namespaceOf(index)}.svc.cluster.local`;

const controlPlane = (cluster) => [
  `apiVersion: v1
kind: Namespace
metadata:
  name: istio-system
  labels:
    topology.istio.io/network: net-${cluster}
`,
  `apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata:
  name: control-plane
  namespace: istio-system
spec:
  profile: default
  tag: 1.28.1
  meshConfig:
    trustDomain: mesh.example
    accessLogFile: /dev/stdout
    localityLbSetting:
      enabled: false
    defaultConfig:
      meshId: bench
      holdApplicationUntilProxyStarts: true
  values:
    global:
      meshID: bench
      multiCluster:
        clusterName: ${cluster}
      network: net-${cluster}
`,
  `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata:
  name: default
  namespace: istio-system
spec:
  mtls:
    mode: STRICT
`,
];

const gateway = (cluster) => [
  `apiVersion: v1
kind: Service
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
  labels:
    istio: eastwestgateway
    topology.istio.io/network: net-${cluster}
spec:
  type: LoadBalancer
  selector:
    istio: eastwestgateway
  ports:
    - name: tls
      port: 15443
      targetPort: 15443
`,
  `apiVersion: apps/v1
kind: Deployment
metadata:
  name: istio-eastwestgateway
  namespace: istio-system
spec:
  replicas: 2
  selector:
    matchLabels:
      istio: eastwestgateway
  template:
    metadata:
      annotations:
        inject.istio.io/templates: gateway
      labels:
        istio: eastwestgateway
        sidecar.istio.io/inject: "true"
        topology.istio.io/network: net-${cluster}
    spec:
      containers:
        - name: istio-proxy
          image: auto
          env:
            - name: ISTIO_META_REQUESTED_NETWORK_VIEW
              value: net-${cluster}
`,
  `apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: cross-network-gateway
  namespace: istio-system
spec:
  selector:
    istio: eastwestgateway
  servers:
    - port:
        number: 15443
        name: tls
        protocol: TLS
      tls:
        mode: AUTO_PASSTHROUGH
      hosts:
        - "*.local"
`,
];

const kubeadm = (cluster, number) => `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
clusterName: ${cluster}
networking:
  dnsDomain: cluster.local
  podSubnet: 10.${number}.0.0/16
  serviceSubnet: 172.${16 + (number >> 4)}.${(number & 15) * 16}.0/20
`;

const namespaceDocuments = (namespace) => [
  `apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    istio-injection: enabled
    team: ${namespace}
`,
  `apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: ${namespace}
data:
  LOG_LEVEL: info
  LOG_FORMAT: json
  application.properties: |
    feature.search.enabled=true
    feature.recommendations.limit=20
    cache.ttl=300s
`,
];

/** Six documents, about 2.8 kB: what one service of a shop usually is. */
const service = (index, services) => {
  const [name, namespace, host] = [serviceOf(index), namespaceOf(index), hostOf(index)];
  const next = hostOf((index + 1) % services);
  const head = (kind, apiVersion) => `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  namespace: ${namespace}
  labels:
    app: ${name}
`;
  return [
    head('ServiceAccount', 'v1'),
    `${head('Service', 'v1')}spec:
  selector:
    app: ${name}
  ports:
    - name: http
      port: 8080
      targetPort: http
    - name: grpc
      port: 9090
      targetPort: grpc
`,
    `${head('Deployment', 'apps/v1')}spec:
  replicas: 2
  selector:
    matchLabels:
      app: ${name}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app: ${name}
        version: v1
    spec:
      serviceAccountName: ${name}
      containers:
        - name: ${name}
          image: ${namespace}/${name}:1.${index}.0
          args: ["--listen=:8080", "--grpc=:9090"]
          ports:
            - name: http
              containerPort: 8080
            - name: grpc
              containerPort: 9090
          env:
            - name: UPSTREAM_URL
              value: http://${next}:8080
          resources:
            requests:
              cpu: 100m
              memory: 128Mi
            limits:
              memory: 256Mi
          readinessProbe:
            httpGet:
              path: /ready
              port: http
            periodSeconds: 5
`,
    `${head('VirtualService', 'networking.istio.io/v1')}spec:
  hosts:
    - ${host}
  http:
    - name: default
      timeout: 10s
      retries:
        attempts: 2
        perTryTimeout: 3s
        retryOn: gateway-error,connect-failure
      route:
        - destination:
            host: ${host}
            subset: v1
`,
    `${head('DestinationRule', 'networking.istio.io/v1')}spec:
  host: ${host}
  trafficPolicy:
    connectionPool:
      tcp:
        maxConnections: 100
    outlierDetection:
      consecutive5xxErrors: 5
      interval: 10s
      baseEjectionTime: 30s
  subsets:
    - name: v1
      labels:
        version: v1
`,
    `${head('HorizontalPodAutoscaler', 'autoscaling/v2')}spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: ${name}
  minReplicas: 2
  maxReplicas: 10
  metrics:
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: 70
`,
  ];
};
