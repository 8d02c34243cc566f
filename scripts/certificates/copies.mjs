// Cases of trust/root-copies-agree.
import { fourFiles, operator, rootCopy, secret } from './manifests.mjs';

const RULE = 'trust/root-copies-agree';

export const copiesCases = async ({ a, b, east, west, odd }) => {
  const eastSecret = secret(fourFiles({ signing: east.pem, root: a.pem }));
  const westSecret = secret(fourFiles({ signing: west.pem, root: a.pem }));
  const bundle = (pem, mark) =>
    operator({
      lines: [
        'values:',
        '  istiodRemote:',
        `    injectionCABundle: ${Buffer.from(pem).toString('base64')}${mark ? ` # expect: ${RULE} warning` : ''}`,
      ],
    });
  return {
    'old-copy-after-rotation': {
      'east/cacerts.yaml': eastSecret,
      'west/cacerts.yaml': westSecret,
      'west/root-of-shop.yaml': rootCopy(b.pem, { expect: RULE }),
    },
    'old-copies-in-many-namespaces': {
      'west/cacerts.yaml': westSecret,
      'west/root-of-billing.yaml': rootCopy(b.pem, { namespace: 'billing', expect: RULE }),
      'west/root-of-cart.yaml': rootCopy(b.pem, { namespace: 'cart' }),
      'west/root-of-shop.yaml': rootCopy(b.pem),
      'west/root-of-stock.yaml': rootCopy(a.pem, { namespace: 'stock' }),
    },
    'copy-with-one-root-more': {
      'west/cacerts.yaml': westSecret,
      'west/root-of-shop.yaml': rootCopy(`${a.pem}${b.pem}`, { expect: `${RULE} warning` }),
    },
    'copy-of-other-name': {
      'west/cacerts.yaml': westSecret,
      'west/istio.yaml': operator({ lines: ['values:', '  global:', '    trustBundleName: mesh-trust'] }),
      'west/root-of-shop.yaml': rootCopy(b.pem, { name: 'mesh-trust', expect: RULE }),
    },
    'webhook-bundle-of-other-root': { 'west/cacerts.yaml': westSecret, 'west/istio.yaml': bundle(b.pem, true) },
    'webhook-bundle-equal': { 'west/cacerts.yaml': westSecret, 'west/istio.yaml': bundle(a.pem, false) },
    equal: {
      'east/cacerts.yaml': eastSecret,
      'east/root-of-shop.yaml': rootCopy(`# root of the mesh\n${a.pem}`),
      'west/cacerts.yaml': westSecret,
      'west/root-of-shop.yaml': rootCopy(a.pem),
    },
    'copies-only': {
      'west/istio.yaml': operator(),
      'west/root-of-cart.yaml': rootCopy(a.pem, { namespace: 'cart' }),
      'west/root-of-shop.yaml': rootCopy(b.pem),
    },
    'external-ca': {
      'west/cacerts.yaml': westSecret,
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.cert-manager.svc:443'],
      }),
      'west/root-of-shop.yaml': rootCopy(b.pem),
    },
    'other-config-map': {
      'west/cacerts.yaml': secret(fourFiles({ signing: odd.pem, root: b.pem })),
      'west/root-of-shop.yaml': rootCopy(a.pem, { name: 'corporate-roots' }),
    },
    'loose-files-of-other-root': {
      'west/cacerts.yaml': westSecret,
      'west/old/ca-cert.pem': odd.pem,
      'west/old/root-cert.pem': b.pem,
    },
  };
};
