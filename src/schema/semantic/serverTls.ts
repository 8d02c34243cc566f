import { isRecord } from '../../model/index.ts';
import type { Field, Refuse } from '../violation.ts';
import { at, has, isFilled, itemsOf, wordOf } from '../violation.ts';

const OF_FILES = ['serverCertificate', 'privateKey', 'caCertificates', 'credentialName'] as const;

/** `tls` of a server of a Gateway or of an ingress listener of a Sidecar. */
export const checkServerTls = (tls: Field, refuse: Refuse): void => {
  if (!isRecord(tls.value)) return;
  const mode = wordOf(at(tls, 'mode'));
  if (mode === 'ISTIO_MUTUAL') {
    for (const key of [...OF_FILES, 'credentialNames', 'caCrl', 'tlsCertificates'])
      if (isFilled(at(tls, key)))
        refuse(at(tls, key), 'is set, but with mode ISTIO_MUTUAL certificates come from Istio');
    return;
  }
  const [name, names, pairs] = [at(tls, 'credentialName'), at(tls, 'credentialNames'), at(tls, 'tlsCertificates')];
  if (has(names) && has(name)) refuse(names, 'is set beside credentialName, but only one of both may be');
  if (has(pairs) && (has(name) || has(names)))
    refuse(pairs, `is set beside ${has(name) ? 'credentialName' : 'credentialNames'}, but only one of both may be`);
  const needsClients = mode === 'MUTUAL' || mode === 'OPTIONAL_MUTUAL';
  if ((mode !== 'SIMPLE' && !needsClients) || isFilled(name) || isFilled(names)) return;
  const holders = isFilled(pairs) ? itemsOf(pairs) : [tls];
  const needed = [
    ...holders.flatMap((holder) => [at(holder, 'serverCertificate'), at(holder, 'privateKey')]),
    ...(needsClients && !isFilled(at(tls, 'caCertCredentialName')) ? [at(tls, 'caCertificates')] : []),
  ];
  const missing = needed.find((field) => !isFilled(field));
  const files = needsClients ? 'serverCertificate, privateKey and caCertificates' : 'serverCertificate and privateKey';
  if (missing !== undefined)
    refuse(missing, `is missing, but mode ${mode} needs ${files} (or credentialName)`, { isMissing: true });
};
