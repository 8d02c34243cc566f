import type { Member } from '../../src/facts/mesh.ts';
import type { RiskyField } from '../../src/facts/kubeconfig.ts';
import { placeInKubeconfig } from '../../src/facts/remoteSecrets.ts';
import { envSightings, hidesValues } from '../../src/facts/sources.ts';
import { installsIstio } from '../../src/facts/identity.ts';
import { lowered, speaksFor } from '../../src/facts/minors.ts';
import type { Minors } from '../../src/facts/minors.ts';
import type { Severity } from '../../src/model/index.ts';
import { HIDDEN, isTemplate, scalar, withoutSecretText } from '../../src/model/index.ts';
import { installPlace } from '../../src/rule/controlPlane/install.ts';
import { defineRule } from '../../src/rule/define.ts';
import { isReader } from '../../src/rule/discovery/readers.ts';
import { heldSecrets } from '../../src/rule/discovery/targets.ts';
import { hiddenBecause } from '../../src/rule/discovery/visible.ts';

const OPTIONS = 'PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS';

export default defineRule({
  id: 'discovery/kubeconfig-auth-allowed',
  severity: 'error',
  istio: '1.11+',
  summary: 'A remote secret proves who it is in a way that istiod allows: by a token, or by what its options name.',
  why: 'From 1.13 istiod refuses kubeconfigs that run programs or read files of its pod, unless they are allowed one by one. The cluster behind a refused one is not read.',
  fix: 'Create the secret with istioctl create-remote-secret (a ServiceAccount token), or name the option in PILOT_INSECURE_MULTICLUSTER_KUBECONFIG_OPTIONS of istiod.',
  reads: ['remoteSecrets', 'Deployment', 'IstioOperator', 'istioVersion'],
  messages: {
    refused: '{secret} for {target} uses {means}; istiod of {cluster} does not allow {option}{allowed}{suffix}',
    untold:
      '{secret} for {target} uses {means}; istiod of {cluster} has to allow {option}, its environment is not in these files{suffix}',
    gone: '{secret} for {target} uses {means}, which istiod can no longer run{suffix}',
  },
  check(mesh, report) {
    for (const reader of mesh.members) {
      if (!isReader(mesh, reader)) continue;
      const { minors } = mesh.versionOf(reader);
      const allowed = allowedBy(reader);
      for (const entry of heldSecrets(mesh, reader)) {
        const { secret } = entry;
        if (hiddenBecause(mesh, reader, secret).length > 0) continue;
        if (allowed === 'unknown') continue;
        for (const field of secret.kubeconfig?.risky ?? []) {
          const gone = field.option === 'gcp' ? speaksFor(minors, '1.17+', 'error') : undefined;
          const speaks = gone ?? refusal(minors, field, allowed);
          if (speaks === undefined) continue;
          const where = {
            at: placeInKubeconfig(secret, field.path),
            cluster: reader.name,
            resource: secret.resource,
            severity: speaks.severity,
            also:
              allowed === undefined
                ? []
                : [
                    {
                      place: allowed.place ?? installPlace(reader),
                      cluster: reader.name,
                      message: `istiod of ${reader.name}`,
                    },
                  ],
          };
          const slots = {
            secret: `${secret.resource.kind} ${secret.resource.name} of ${reader.name}`,
            target: entry.target?.name ?? secret.key ?? '',
            means: meansOf(field),
            suffix: speaks.suffix,
          };
          const named = { ...slots, cluster: reader.name, option: field.option };
          if (gone !== undefined) report('gone', where, slots);
          else if (allowed === undefined) report('untold', where, named);
          else
            report('refused', where, {
              ...named,
              allowed: allowed.options.length === 0 ? '' : `, only ${allowed.options.join(', ')}`,
            });
        }
      }
    }
  },
});

interface Allowed {
  readonly options: readonly string[];
  readonly place: ReturnType<typeof installPlace> | undefined;
}

/** The options that istiod is told to allow; unknown for a template, undefined where its environment is not among the files. */
const allowedBy = (reader: Member): Allowed | 'unknown' | undefined => {
  const said = envSightings(reader.cluster, 'istiod', OPTIONS).map((sighting) => ({
    ...sighting,
    text: scalar(sighting.value) ?? '',
  }));
  const [first] = said;
  if (said.some(({ text }) => isTemplate(text))) return 'unknown';
  if (first !== undefined)
    // Of several control planes (revisions) the most lenient counts.
    return {
      options: said.flatMap(({ text }) =>
        text
          .split(',')
          .map((option) => option.trim())
          .filter(Boolean),
      ),
      place: first.place,
    };
  if (hidesValues(reader.cluster)) return undefined;
  const isInstalled =
    installsIstio(reader.cluster) ||
    reader.controlPlaneRole.sightings.some(({ source }) => source !== 'mesh-lint.yaml');
  return isInstalled ? { options: [], place: undefined } : undefined;
};

const refusal = (
  minors: Minors,
  field: RiskyField,
  allowed: Allowed | undefined,
): { severity: Severity; suffix: string } | undefined => {
  if (field.kind === 'auth-provider' && field.option === 'oidc') return undefined;
  if (allowed?.options.includes(field.option) === true) return undefined;
  const severity: Severity = allowed === undefined ? lowered('error') : 'error';
  const speaks = speaksFor(minors, '1.13+', severity);
  if (speaks !== undefined) return speaks;
  // 1.11 and 1.12 allow everything by default: an upgrade ends it.
  const early = speaksFor(minors, '1.11-1.12', 'info');
  return early === undefined || (allowed?.options.length ?? 0) > 0
    ? undefined
    : { severity: 'info', suffix: ' (from Istio 1.13)' };
};

const meansOf = (field: RiskyField): string => {
  if (field.kind === 'exec') return field.command === undefined ? 'exec' : `exec ${programOf(field.command)}`;
  return field.kind === 'auth-provider' ? `auth-provider ${field.option}` : `a file (${String(field.path.at(-1))})`;
};

/** The file name of a command; a part of a login would no longer be known as one. */
const programOf = (command: string): string =>
  withoutSecretText(command) === command ? command.replace(/^.*[/\\]/, '') : HIDDEN;
