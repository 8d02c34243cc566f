// Secrets that listeners of the Gateway API name.
import type { Member, Mesh } from '../../facts/mesh.ts';
import type { Place, Resource } from '../../model/index.ts';
import { filled, get, isTemplate, list, placeIn } from '../../model/index.ts';
import { statementsOf } from '../objects.ts';
import { realmsOf } from '../scope.ts';

/** A Secret from which a listener takes its certificate: of the config cluster, in one namespace. */
export interface CertificateRef {
  readonly config: Member;
  readonly gateway: Resource;
  readonly name: string;
  readonly namespace: string;
  readonly place: Place;
}

/** All of a mesh, but for templates and Gateways for which cert-manager makes what they name. */
export const certificateRefs = (mesh: Mesh): readonly CertificateRef[] =>
  realmsOf(mesh).flatMap(({ config }) =>
    statementsOf(config.resources.ofKind('Gateway', 'gateway.networking.k8s.io'))
      .filter(({ resource, ambiguous }) => !ambiguous && !makesSecrets(resource))
      .flatMap(({ resource }) => refsOf(config, resource)),
  );

const makesSecrets = (gateway: Resource): boolean =>
  Object.keys(gateway.annotations).some((key) => /^cert-manager\.io\/(cluster-)?issuer$/.test(key));

const refsOf = (config: Member, gateway: Resource): readonly CertificateRef[] =>
  list(get(gateway.value, 'spec', 'listeners')).flatMap((listener, at) => {
    const tls = get(listener, 'tls');
    if ((filled(get(tls, 'mode')) ?? 'Terminate') !== 'Terminate') return [];
    return list(get(tls, 'certificateRefs')).flatMap((reference, index): readonly CertificateRef[] => {
      const [name, namespace] = [filled(get(reference, 'name')), filled(get(reference, 'namespace'))];
      const home = namespace ?? gateway.namespace;
      const isSecret =
        (filled(get(reference, 'kind')) ?? 'Secret') === 'Secret' && (filled(get(reference, 'group')) ?? '') === '';
      if (!isSecret || name === undefined || home === undefined || isTemplate(name) || isTemplate(home)) return [];
      const place = placeIn(gateway, 'spec', 'listeners', at, 'tls', 'certificateRefs', index, 'name');
      return [{ config, gateway, name, namespace: home, place }];
    });
  });
