// Objects beside Istio's own that a mesh is made of: the Gateway API up to v1.5 with its experimental channel, what
// the Sail operator installs, and services of several clusters. Fields of all versions are one set: what any of them
// knows is known.
import { formTable } from './forms.mjs';
import { compareText, nodesText } from './text.mjs';

const PORT = 'int 1..65535';

const REFERENCES = {
  Parent: { group: 'text', kind: 'text', 'name!': 'text', namespace: 'text', port: PORT, sectionName: 'text' },
  Local: { 'group!': 'text', 'kind!': 'text', 'name!': 'text' },
  Foreign: { 'group!': 'text', 'kind!': 'text', 'name!': 'text', namespace: 'text' },
  Secret: { group: 'text', kind: 'text', 'name!': 'text', namespace: 'text' },
  Target: { 'group!': 'text', 'kind!': 'text', 'name!': 'text', namespace: 'text', sectionName: 'text' },
  Backend: { group: 'text', kind: 'text', 'name!': 'text', namespace: 'text', port: PORT },
};

const WEIGHTED = { ...REFERENCES.Backend, weight: 'int 0..1000000' };
/** What every route has. */
const ROUTE = { parentRefs: '@Parent[..32]', useDefaultGateways: 'text' };

const SELECTORS = {
  LabelSelector: { matchLabels: 'text{}', matchExpressions: '@LabelExpression[]' },
  LabelExpression: { 'key!': 'text', 'operator!': 'text', values: 'text[]' },
};

const GATEWAYS = {
  Gateway: { 'spec!': '@GatewaySpec' },
  GatewaySpec: {
    'gatewayClassName!': 'text',
    'listeners!': '@Listener[..64] by name',
    addresses: '@Address[..16]',
    infrastructure: '@Infrastructure',
    allowedListeners: '@AllowedListeners',
    backendTLS: '@BackendTLS',
    defaultScope: 'text',
    tls: '@GatewayTLS',
  },
  Listener: {
    'name!': 'text',
    'port!': PORT,
    'protocol!': 'text',
    hostname: 'text',
    tls: '@ListenerTLS',
    allowedRoutes: '@AllowedRoutes',
  },
  ListenerTLS: {
    mode: 'Terminate|Passthrough',
    certificateRefs: '@Secret[..64]',
    options: 'text{}',
    frontendValidation: '@FrontendValidation',
  },
  FrontendValidation: { caCertificateRefs: '@Foreign[]', mode: 'AllowValidOnly|AllowInsecureFallback' },
  AllowedRoutes: { kinds: '@RouteKind[..8]', namespaces: '@RouteNamespaces' },
  RouteKind: { group: 'text', 'kind!': 'text' },
  RouteNamespaces: { from: 'All|None|Same|Selector', selector: '@LabelSelector' },
  AllowedListeners: { namespaces: '@RouteNamespaces' },
  Address: { type: 'text', value: 'text' },
  Infrastructure: { labels: 'text{}', annotations: 'text{}', parametersRef: '@Local' },
  BackendTLS: { clientCertificateRef: '@Secret' },
  GatewayTLS: { backend: '@BackendTLS', frontend: '@FrontendTLS' },
  FrontendTLS: { default: '@Validated', perPort: '@PortTLS[]' },
  PortTLS: { 'port!': PORT, 'tls!': '@Validated' },
  Validated: { validation: '@FrontendValidation' },
  GatewayClass: { 'spec!': '@GatewayClassSpec' },
  GatewayClassSpec: { 'controllerName!': 'text', description: 'text', parametersRef: '@Foreign' },
  ListenerSet: { 'spec!': '@ListenerSetSpec' },
  ListenerSetSpec: { 'parentRef!': '@Secret', 'listeners!': '@ListenerEntry[..64] by name' },
  ListenerEntry: {
    'name!': 'text',
    port: 'int 0..65535',
    'protocol!': 'text',
    hostname: 'text',
    tls: '@ListenerTLS',
    allowedRoutes: '@AllowedRoutes',
  },
};

const HTTP = {
  HTTPRoute: { 'spec!': '@HTTPRouteSpec' },
  HTTPRouteSpec: { ...ROUTE, hostnames: 'text[..16]', rules: '@HTTPRule[..16]' },
  HTTPRule: {
    name: 'text',
    matches: '@HTTPMatch[..64]',
    filters: '@HTTPFilter[..16]',
    backendRefs: '@HTTPBackend[..16]',
    timeouts: '@Timeouts',
    retry: '@Retry',
    sessionPersistence: '@SessionPersistence',
  },
  HTTPMatch: {
    path: '@HTTPPath',
    headers: '@HTTPHeaderMatch[..16]',
    queryParams: '@HTTPHeaderMatch[..16]',
    method: 'GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH',
  },
  HTTPPath: { type: 'Exact|PathPrefix|RegularExpression', value: 'text ..1024' },
  HTTPHeaderMatch: { type: 'Exact|RegularExpression', 'name!': 'text', 'value!': 'text' },
  HTTPBackend: { ...WEIGHTED, filters: '@HTTPFilter[..16]' },
  HTTPFilter: {
    'type!':
      'RequestHeaderModifier|ResponseHeaderModifier|RequestMirror|RequestRedirect|URLRewrite|ExtensionRef|CORS|ExternalAuth',
    requestHeaderModifier: '@HeaderModifier',
    responseHeaderModifier: '@HeaderModifier',
    requestMirror: '@Mirror',
    requestRedirect: '@Redirect',
    urlRewrite: '@Rewrite',
    extensionRef: '@Local',
    cors: '@Cors',
    externalAuth: '@ExternalAuth',
  },
  HeaderModifier: { add: '@Header[..16]', set: '@Header[..16]', remove: 'text[..16]' },
  Header: { 'name!': 'text', 'value!': 'text' },
  Mirror: { 'backendRef!': '@Backend', percent: 'int 0..100', fraction: '@Fraction' },
  Fraction: { 'numerator!': 'int 0..', denominator: 'int 1..' },
  Redirect: {
    scheme: 'http|https',
    hostname: 'text',
    path: '@PathModifier',
    port: PORT,
    statusCode: 'int 301..308',
  },
  Rewrite: { hostname: 'text', path: '@PathModifier' },
  PathModifier: {
    'type!': 'ReplaceFullPath|ReplacePrefixMatch',
    replaceFullPath: 'text ..1024',
    replacePrefixMatch: 'text ..1024',
  },
  Cors: {
    allowOrigins: 'text[..64]',
    allowMethods: 'text[..16]',
    allowHeaders: 'text[..64]',
    exposeHeaders: 'text[..64]',
    allowCredentials: 'bool',
    maxAge: 'int 1..',
  },
  ExternalAuth: {
    'protocol!': 'text',
    'backendRef!': '@Backend',
    grpc: '@AuthHeaders',
    http: '@AuthHeaders',
    forwardBody: '@ForwardBody',
  },
  AuthHeaders: { path: 'text', allowedHeaders: 'text[]', allowedResponseHeaders: 'text[]' },
  ForwardBody: { maxSize: 'int 0..' },
  Timeouts: { request: 'duration', backendRequest: 'duration' },
  Retry: { codes: 'int 400..599[]', attempts: 'int', backoff: 'duration' },
  SessionPersistence: {
    sessionName: 'text',
    type: 'Cookie|Header',
    absoluteTimeout: 'duration',
    idleTimeout: 'duration',
    cookieConfig: '@CookieConfig',
  },
  CookieConfig: { lifetimeType: 'Permanent|Session' },
};

const GRPC = {
  GRPCRoute: { spec: '@GRPCRouteSpec' },
  GRPCRouteSpec: { ...ROUTE, hostnames: 'text[..16]', rules: '@GRPCRule[..16]' },
  GRPCRule: {
    name: 'text',
    matches: '@GRPCMatch[..64]',
    filters: '@GRPCFilter[..16]',
    backendRefs: '@GRPCBackend[..16]',
    sessionPersistence: '@SessionPersistence',
  },
  GRPCMatch: { method: '@GRPCMethod', headers: '@HTTPHeaderMatch[..16]' },
  GRPCMethod: { type: 'Exact|RegularExpression', service: 'text ..1024', method: 'text ..1024' },
  GRPCBackend: { ...WEIGHTED, filters: '@GRPCFilter[..16]' },
  GRPCFilter: {
    'type!': 'RequestHeaderModifier|ResponseHeaderModifier|RequestMirror|ExtensionRef',
    requestHeaderModifier: '@HeaderModifier',
    responseHeaderModifier: '@HeaderModifier',
    requestMirror: '@Mirror',
    extensionRef: '@Local',
  },
};

const STREAMS = {
  TLSRoute: { 'spec!': '@TLSRouteSpec' },
  TLSRouteSpec: { ...ROUTE, hostnames: 'text[..16]', 'rules!': '@StreamRule[1..16]' },
  StreamRoute: { 'spec!': '@StreamRouteSpec' },
  StreamRouteSpec: { ...ROUTE, 'rules!': '@StreamRule[1..16]' },
  StreamRule: { name: 'text', backendRefs: '@StreamBackend[..16]' },
  StreamBackend: WEIGHTED,
};

const GRANTS = {
  ReferenceGrant: { spec: '@ReferenceGrantSpec' },
  ReferenceGrantSpec: { 'from!': '@GrantFrom[1..16]', 'to!': '@GrantTo[1..16]' },
  GrantFrom: { 'group!': 'text', 'kind!': 'text', 'namespace!': 'text' },
  GrantTo: { 'group!': 'text', 'kind!': 'text', name: 'text' },
  BackendTLSPolicy: { 'spec!': '@BackendTLSPolicySpec' },
  BackendTLSPolicySpec: {
    targetRef: '@Target',
    targetRefs: '@Target[..16]',
    tls: '@OldBackendTLS',
    validation: '@BackendValidation',
    options: 'text{}',
  },
  OldBackendTLS: { caCertRefs: '@Local[]', 'hostname!': 'text', wellKnownCACerts: 'text' },
  BackendValidation: {
    caCertificateRefs: '@Local[]',
    'hostname!': 'text',
    subjectAltNames: '@SubjectAltName[]',
    wellKnownCACertificates: 'text',
  },
  SubjectAltName: { 'type!': 'Hostname|URI', hostname: 'text', uri: 'text' },
};

const SAIL = {
  SailIstio: { spec: '@SailIstioSpec' },
  SailIstioSpec: {
    version: 'text',
    namespace: 'text',
    profile: 'text',
    updateStrategy: '@SailUpdateStrategy',
    values: 'map',
  },
  SailUpdateStrategy: {
    type: 'InPlace|RevisionBased',
    inactiveRevisionDeletionGracePeriodSeconds: 'int',
    updateWorkloads: 'bool',
  },
  SailRevision: { spec: '@SailRevisionSpec' },
  SailRevisionSpec: { version: 'text', namespace: 'text', type: 'text', values: 'map' },
  SailRevisionTag: { spec: '@SailRevisionTagSpec' },
  SailRevisionTagSpec: { targetRef: '@SailTarget' },
  SailTarget: { 'kind!': 'text', 'name!': 'text' },
  SailPart: { spec: '@SailPartSpec' },
  SailPartSpec: { version: 'text', namespace: 'text', profile: 'text', targetRef: '@SailTarget', values: 'map' },
};

const SERVICES = {
  ServiceExport: { spec: '@ServiceExportSpec' },
  ServiceExportSpec: { exportedLabels: 'text{}', exportedAnnotations: 'text{}' },
  ServiceImport: { spec: '@ServiceImportSpec' },
  ServiceImportSpec: {
    ports: '@ServiceImportPort[]',
    ips: 'text[]',
    type: 'ClusterSetIP|Headless',
    sessionAffinity: 'text',
    sessionAffinityConfig: 'map',
    ipFamilies: 'text[]',
    internalTrafficPolicy: 'text',
    trafficDistribution: 'text',
  },
  ServiceImportPort: { name: 'text', protocol: 'text', appProtocol: 'text', 'port!': PORT },
};

const GATEWAY_API = 'gateway.networking.k8s.io';
const EXPERIMENTAL = 'gateway.networking.x-k8s.io';
const SERVICES_API = 'multicluster.x-k8s.io';
const SAIL_API = 'sailoperator.io';

/** Versions that any release serves and, where the kind has one, its form. */
const KINDS = {
  [`${GATEWAY_API}/Gateway`]: ['v1 v1beta1 v1alpha2', 'Gateway'],
  [`${GATEWAY_API}/GatewayClass`]: ['v1 v1beta1 v1alpha2', 'GatewayClass'],
  [`${GATEWAY_API}/HTTPRoute`]: ['v1 v1beta1 v1alpha2', 'HTTPRoute'],
  [`${GATEWAY_API}/GRPCRoute`]: ['v1 v1alpha2', 'GRPCRoute'],
  [`${GATEWAY_API}/TLSRoute`]: ['v1 v1alpha3 v1alpha2', 'TLSRoute'],
  [`${GATEWAY_API}/TCPRoute`]: ['v1alpha2', 'StreamRoute'],
  [`${GATEWAY_API}/UDPRoute`]: ['v1alpha2', 'StreamRoute'],
  [`${GATEWAY_API}/ReferenceGrant`]: ['v1 v1beta1 v1alpha2', 'ReferenceGrant'],
  [`${GATEWAY_API}/ReferencePolicy`]: ['v1alpha2', 'ReferenceGrant'],
  [`${GATEWAY_API}/BackendTLSPolicy`]: ['v1 v1alpha3 v1alpha2', 'BackendTLSPolicy'],
  [`${GATEWAY_API}/BackendLBPolicy`]: ['v1alpha2'],
  [`${GATEWAY_API}/ListenerSet`]: ['v1', 'ListenerSet'],
  [`${EXPERIMENTAL}/XListenerSet`]: ['v1alpha1', 'ListenerSet'],
  [`${EXPERIMENTAL}/XBackendTrafficPolicy`]: ['v1alpha1'],
  [`${EXPERIMENTAL}/XMesh`]: ['v1alpha1'],
  [`${SERVICES_API}/ServiceExport`]: ['v1alpha1 v1beta1', 'ServiceExport'],
  [`${SERVICES_API}/ServiceImport`]: ['v1alpha1 v1beta1', 'ServiceImport'],
  [`${SAIL_API}/Istio`]: ['v1 v1alpha1', 'SailIstio'],
  [`${SAIL_API}/IstioRevision`]: ['v1 v1alpha1', 'SailRevision'],
  [`${SAIL_API}/IstioRevisionTag`]: ['v1 v1alpha1', 'SailRevisionTag'],
  [`${SAIL_API}/IstioCNI`]: ['v1 v1alpha1', 'SailPart'],
  [`${SAIL_API}/ZTunnel`]: ['v1 v1alpha1', 'SailPart'],
};

/** The table: `kinds` by `group/Kind`, and the nodes of their forms. */
export const neighboursText = () => {
  const table = formTable({
    ...REFERENCES,
    ...SELECTORS,
    ...GATEWAYS,
    ...HTTP,
    ...GRPC,
    ...STREAMS,
    ...GRANTS,
    ...SAIL,
    ...SERVICES,
  });
  const kinds = Object.entries(KINDS)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([key, [versions, form]]) => [
      key,
      { versions: versions.split(' '), ...(form === undefined ? {} : { root: table.form(form) }) },
    ]);
  return nodesText({ kinds: Object.fromEntries(kinds), nodes: table.nodes });
};
