import type { Rule } from '../rule/define.ts';

type Schema = Readonly<Record<string, unknown>>;

const words = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description });

const map = (properties: Readonly<Record<string, Schema>>, more: Schema = {}): Schema => ({
  type: 'object',
  additionalProperties: false,
  ...more,
  properties,
});

const VERSION = { type: 'string', pattern: '^1\\.\\d{1,2}(\\.\\d+)?([-+].*)?$' };
const CIDR = { type: 'string', pattern: '^[0-9A-Fa-f.:]+/\\d{1,3}$' };

const cluster: Schema = {
  ...map({
    paths: words('Files, directories and globs that belong to this cluster. A path may belong to several.'),
    clusterId: {
      type: 'string',
      description: 'Name by which Istio knows the cluster (values.global.multiCluster.clusterName).',
    },
    network: { type: 'string', description: 'Istio network of the cluster.' },
    podCidrs: { type: 'array', items: CIDR, description: 'Address ranges of its Pods.' },
    serviceCidrs: { type: 'array', items: CIDR, description: 'Address ranges of its Services.' },
    role: { enum: ['primary', 'remote', 'external', 'config'], description: 'What its control plane is.' },
    istioVersion: { ...VERSION, description: 'Istio version of its control plane, in quotes: "1.30".' },
    remoteSecrets: { enum: ['elsewhere'], description: 'Its remote secrets are not kept in these files.' },
    rootCA: { type: 'string', description: 'PEM file with the root certificates that the cluster trusts.' },
  }),
  type: ['object', 'null'],
};

const ignore: Schema = map(
  {
    rule: { type: 'string', description: 'Rule id or pattern: trust/*.' },
    cluster: { type: 'string' },
    kind: { type: 'string' },
    namespace: { type: 'string' },
    name: { type: 'string', description: 'Name of the object, or namespace/name.' },
    path: { type: 'string', description: 'File or directory.' },
    reason: { type: 'string', description: 'Why this may stay.' },
  },
  { minProperties: 1 },
);

/** JSON Schema (draft-07, which editors read) of mesh-lint.yaml, with the ids and options of these rules. */
export const configSchema = (rules: readonly Rule[]): Schema => {
  const families = [...new Set(rules.map((rule) => `${rule.id.split('/')[0]}/*`))];
  const level = { enum: ['off', 'info', 'warning', 'error'] };
  const levels = [
    ...families.map((id) => [id, level]),
    ...rules.map((rule) => [rule.id, { ...level, description: rule.summary }]),
  ];
  const options = rules.flatMap((rule) =>
    rule.options === undefined
      ? []
      : [
          [
            rule.id,
            map(
              Object.fromEntries(
                Object.entries(rule.options).map(([name, { schema, description }]) => [
                  name,
                  { ...schema, description },
                ]),
              ),
            ),
          ],
        ],
  );
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'mesh-lint.yaml',
    ...map({
      istioVersion: { ...VERSION, description: 'Istio version of clusters that do not say, in quotes: "1.30".' },
      meshes: {
        type: 'object',
        description: 'Which clusters are one mesh, where the files do not tell.',
        additionalProperties: map({ clusters: words('Names of clusters.') }, { required: ['clusters'] }),
      },
      clusters: {
        type: 'object',
        description: 'The clusters by name; with paths they take the place of discovery.',
        additionalProperties: cluster,
      },
      complete: words(
        'Kinds (Service) or roles (ca) of which the files hold every object, so that a missing one is a finding.',
      ),
      now: {
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}(T[0-9:.]+(Z|[+-]\\d{2}:\\d{2}))?$',
        description: 'Date for the check of certificates; default today.',
      },
      uses: {
        type: 'object',
        description: 'Calls that no manifest shows: cluster name to hosts.',
        additionalProperties: { type: 'array', items: { type: 'string' } },
      },
      options: { ...map(Object.fromEntries(options)), description: 'Options by rule.' },
      preset: {
        enum: ['recommended', 'strict'],
        description:
          'Which rules are on where nothing is said of them: those for every team, or all. Default recommended.',
      },
      rules: {
        ...map(Object.fromEntries(levels)),
        description: 'Severities by rule or family; the last word on a rule counts.',
      },
      ignore: { type: 'array', items: ignore, description: 'Findings that stay silent.' },
    }),
  };
};
