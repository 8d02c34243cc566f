// Cases of Kiali's validations: (code, object, path) of what the checker of a case can say, as multisets.
// Severities are not compared: ours are ours.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { lintClusters } from './run.mjs';

const table = JSON.parse(readFileSync(new URL('kiali.json', import.meta.url), 'utf8'));
/** Codes by checker, `package.Checker` in Go. */
const CODES = table.checkers;
/** Case → why both rightly differ. */
const REASONS = table.explained;

/** Of a case for all checkers together. */
const PIPELINE = 'full pipeline';

export const kiali = async (cases, directory, lint) => {
  const rows = [];
  let [agreed, explained] = [0, 0];
  for (const one of cases) {
    const { missing, extra } = await (one.visible === undefined ? findings : visibility)(one, directory, lint);
    const reason = REASONS[one.name];
    if (missing.length + extra.length === 0) agreed += 1;
    else if (reason !== undefined) explained += 1;
    rows.push({ name: one.name, analyzer: one.checker, missing, extra, ...(reason === undefined ? {} : { reason }) });
  }
  const others = cases.length - agreed;
  return {
    rows,
    total: `${agreed} of ${cases.length} cases`,
    notes: others === 0 ? [] : [`${explained} of the ${others} differences explained`],
  };
};

const findings = async (one, directory, lint) => {
  const { texts, own } = manifests(one, directory);
  const report = await lintClusters(lint, { east: { texts } });
  const seen = report.findings.flatMap((finding) =>
    finding.aliases.map((code) => ({ code, object: objectOf(finding), path: finding.path })),
  );
  const left = seen.filter(({ object }) => one.onlyObjects?.includes(object) ?? true);
  const missing = [];
  for (const item of one.expected) {
    const at = left.findIndex(
      (found) =>
        found.code === item.code && isSameObject(found.object, item.object) && isSamePath(found.path, item.path),
    );
    if (at < 0) missing.push(wordsOf(item));
    else left.splice(at, 1);
  }
  const codes = codesOf(one);
  // What lies around the files of a case for all checkers is ours.
  const objects = own.map((value) => objectOf({ resource: { ...value, ...value.metadata } }));
  const extra = left.filter(
    ({ code, object }) =>
      (one.partial === true ? one.absent?.includes(code) : codes.includes(code)) &&
      (one.checker !== PIPELINE || objects.includes(object)),
  );
  return { missing, extra: extra.map(wordsOf) };
};

/** Kiali names a workload without its kind. */
const isSameObject = (ours, theirs) =>
  ours === theirs ||
  (/^workloads?\//i.test(theirs) &&
    WORKLOADS.includes(ours.slice(0, ours.indexOf('/'))) &&
    ours.slice(ours.indexOf('/')) === theirs.slice(theirs.indexOf('/')));

/**
 * What the checker of a case can say; of one that is not in the table, what the others of its package can. Of a case
 * without findings for all checkers together, everything counts.
 */
const codesOf = ({ checker, expected, expectNone }) => {
  if (CODES[checker] !== undefined) return CODES[checker];
  const near = Object.entries(CODES).filter(([name]) =>
    checker === PIPELINE ? expectNone === true : name.split('.')[0] === checker.split('.')[0],
  );
  return [...new Set([...near.flatMap(([, codes]) => codes), ...expected.map(({ code }) => code)])];
};

const wordsOf = ({ code, object, path }) => `${code} ${object} ${path}`;

/** `Kind/namespace/name`; Gateways of the Gateway API with their group. */
const objectOf = ({ resource }) => {
  if (resource === undefined) return '?';
  const isApi = resource.kind === 'Gateway' && resource.apiVersion?.startsWith('gateway.networking.k8s.io');
  const kind = isApi ? 'Gateway.gateway.networking.k8s.io' : resource.kind;
  return `${kind}/${resource.namespace ?? ''}/${resource.name}`;
};

/**
 * Whether one place is the other or around it. Kiali's notation is `spec/http[0]/match/gateways[1]`: it leaves out some
 * indexes and keys (`route[1]/host`), and ends some paths with a value.
 */
const isSamePath = (pointer, written) => {
  const ours = pointer.split('/').filter((step) => step !== '');
  const theirs = written
    .replaceAll(/route\[(\d+)\]\/host/g, 'route[$1]/destination/host')
    .split(/[/[\]]+/)
    .filter((step) => step !== '' && step !== 'workload');
  let at = 0;
  for (const step of ours) {
    if (at === theirs.length || step === theirs[at]) at = Math.min(at + 1, theirs.length);
    else if (!/^\d+$/.test(step)) return false;
  }
  return true;
};

// ---- manifests ----

const WORKLOADS = ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod'];

const CLUSTER_KINDS = ['Namespace', 'Node', 'GatewayClass'];

/** The documents of a case with namespaces, and what `inputs` says beside them. */
const manifests = (one, directory) => {
  const inputs = one.inputs ?? {};
  const isPipeline = one.checker === PIPELINE;
  const environment = JSON.parse(readFileSync(join(directory, 'testdata/ENVIRONMENT.json'), 'utf8'));
  const defaultNamespace = inputs.defaultNamespace ?? environment.defaultNamespaceForObjects;
  const own = one.files.flatMap((file) =>
    loadAll(readFileSync(join(directory, file), 'utf8')).filter((value) => value?.kind !== undefined),
  );
  for (const value of own)
    if (!CLUSTER_KINDS.includes(value.kind)) value.metadata = { namespace: defaultNamespace, ...value.metadata };
  const root = inputs.rootNamespace ?? environment.rootNamespace;
  const around = isPipeline ? environmentObjects(environment) : inputObjects(one, own, defaultNamespace);
  const written = new Set(own.map(keyOf));
  const namespaces = new Set([
    root,
    ...(inputs.namespaces ?? (isPipeline ? environment.namespaces : own.map((value) => value.metadata.namespace))),
  ]);
  const objects = [
    ...[...namespaces]
      .filter((name) => name !== undefined && !written.has(`Namespace//${name}`))
      .map((name) => namespace(name, (inputs.ambientNamespaces ?? []).includes(name))),
    ...around.filter((value) => !written.has(keyOf(value))),
    // What asks for mTLS shows where there is none.
    meshConfig(inputs, environment, root, isPipeline, inputs.enableAutoMtls ?? one.predicateOnly !== true),
  ];
  return {
    texts: { 'case.yaml': stream(own), 'around.yaml': stream(objects) },
    own,
  };
};

const keyOf = ({ kind, metadata }) => `${kind}/${metadata.namespace ?? ''}/${metadata.name}`;

/** JSON is YAML. */
const stream = (values) => values.map((value) => JSON.stringify(value)).join('\n---\n');

const namespace = (name, isAmbient) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name,
    labels:
      name === 'istio-system'
        ? {}
        : isAmbient
          ? { 'istio.io/dataplane-mode': 'ambient' }
          : { 'istio-injection': 'enabled' },
  },
});

const deployment = (namespaceName, name, labels, serviceAccountName, container = { name: 'app', image: 'app' }) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: namespaceName, labels },
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { serviceAccountName, containers: [container] } },
  },
});

const service = (namespaceName, name, selector) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: namespaceName },
  spec: { selector, ports: [{ name: 'http', port: 9080, targetPort: 9080 }] },
});

const meshConfig = (inputs, environment, rootNamespace, isPipeline, isAutoMtls) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'istio', namespace: 'istio-system' },
  data: {
    mesh: JSON.stringify({
      rootNamespace,
      trustDomain: environment.trustDomain,
      enableAutoMtls: isAutoMtls,
      outboundTrafficPolicy: {
        mode: inputs.outboundTrafficPolicy ?? (isPipeline ? environment.outboundTrafficPolicy : 'ALLOW_ANY'),
      },
      ...(inputs.defaultExportTo
        ? {
            defaultServiceExportTo: [inputs.defaultExportTo],
            defaultVirtualServiceExportTo: [inputs.defaultExportTo],
            defaultDestinationRuleExportTo: [inputs.defaultExportTo],
          }
        : {}),
    }),
  },
});

const PROXY = { name: 'istio-proxy', image: 'proxyv2', args: ['proxy', 'router'] };

/** The cluster in which the findings of whole files were taken; names carry a version: `reviews-v1`. */
const environmentObjects = ({ workloads, services }) => [
  ...Object.entries(workloads).flatMap(([at, names]) =>
    names.map((told) => {
      const name = told.split(' ')[0];
      if (name === 'istio-ingressgateway')
        return deployment(at, name, { istio: 'ingressgateway', app: name }, name, PROXY);
      const [, app, version = 'v1'] = /^(.*?)(?:-(v\d+))?$/.exec(name);
      return deployment(at, name, { app, version }, `${at}-${app}`);
    }),
  ),
  ...Object.entries(services).flatMap(([at, names]) =>
    names.map((told) => {
      const name = told.split(' ')[0];
      return service(at, name, name === 'istio-ingressgateway' ? { istio: 'ingressgateway' } : { app: name });
    }),
  ),
  // The pods that two documentation examples ask for.
  deployment('bookinfo', 'ratings-java', { app: 'ratings-java', version: 'v1' }, 'bookinfo-ratings'),
];

/** What unit tests inject. A checker that is not told of Services looks at none, so each named one is there. */
const inputObjects = ({ inputs = {}, checker }, own, defaultNamespace) => {
  // Gateways of Istio select gateways.
  const container = checker.startsWith('gateways.') ? PROXY : undefined;
  const services = (inputs.services ?? []).map((told) => service(told.namespace, told.name, told.selector));
  const given = Array.isArray(inputs.workloads) ? inputs.workloads : [];
  const told = given.map((workload, index) =>
    deployment(workload.namespace, `${workload.name}-${index}`, workload.labels, workload.name, container),
  );
  // The workloads that Services, policies and Gateways select are there, unless the test says which are, or is about that.
  const isTold = inputs.workloads !== undefined || own.some(({ kind }) => WORKLOADS.includes(kind));
  const selectors =
    isTold || /\.(Workload)?SelectorChecker$/.test(checker)
      ? []
      : [
          ...(inputs.services ?? []).map(({ namespace: at, selector }) => ({ at, labels: selector })),
          ...own.map(({ kind, metadata, spec }) => ({
            at: metadata.namespace,
            labels: kind === 'Gateway' ? spec?.selector : spec?.selector?.matchLabels,
          })),
        ];
  const named = new Map();
  for (const { at, labels } of selectors)
    if (labels !== undefined)
      named.set(`${at} ${JSON.stringify(labels)}`, deployment(at, `w${named.size}`, labels, undefined, container));
  const gateways = (inputs.gatewayNames ?? []).map((name) => {
    const [at, short] = name.includes('/') ? name.split('/') : [own[0]?.metadata.namespace ?? defaultNamespace, name];
    return {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: short, namespace: at },
      spec: { servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] },
    };
  });
  return [...services, ...told, ...named.values(), ...gateways];
};

// ---- visibility ----

const CLASHES = { DestinationRule: ['KIA0201'], ServiceEntry: ['KIA1211', 'KIA1212'], VirtualService: ['KIA1106'] };

/** What two objects need to clash. */
const PROBED = {
  DestinationRule: { trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN' } } },
  ServiceEntry: { hosts: ['probe.example'], ports: [{ number: 80, name: 'http', protocol: 'HTTP' }] },
  VirtualService: { hosts: ['probe.example'] },
};

/**
 * Which objects a namespace sees has no code. It shows where an object of that namespace, for itself only, clashes with a
 * copy of its own; an object that is told to be exported to an unknown namespace is shown as well, as Kiali does.
 */
const visibility = async (one, directory, lint) => {
  const seen = [];
  for (const file of one.files) {
    const { texts, own } = manifests({ ...one, files: [file] }, directory);
    const objects = own.map((value) => ({ ...value, spec: { ...value.spec, ...PROBED[value.kind] } }));
    const probes = objects.map((value) => ({
      ...value,
      metadata: { name: 'probe', namespace: one.inputs.viewNamespace },
      spec: { ...value.spec, exportTo: ['.'] },
    }));
    const report = await lintClusters(lint, {
      east: { texts: { ...texts, 'case.yaml': stream(objects), 'probe.yaml': stream(probes) } },
    });
    const codes = [...own.flatMap(({ kind }) => CLASHES[kind] ?? []), 'KIA0005'];
    if (
      report.findings.some(
        ({ aliases, resource }) => resource?.name !== 'probe' && aliases.some((code) => codes.includes(code)),
      )
    )
      seen.push(file);
  }
  return {
    missing: one.visible.filter((file) => !seen.includes(file)).map((file) => `visible ${file}`),
    extra: seen.filter((file) => !one.visible.includes(file)).map((file) => `visible ${file}`),
  };
};
