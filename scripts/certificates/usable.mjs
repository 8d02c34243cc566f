// Cases of trust/ca-usable.
import { ExtendedKeyUsage, KeyUsageFlags, certificate, keyOf, revocationsOf } from './authority.mjs';
import { fourFiles, operator, pemFile, plainSecret, secret, tlsFiles } from './manifests.mjs';

const RULE = 'trust/ca-usable';

const marked = (key, severity) => ({ expect: { [key]: severity === undefined ? RULE : `${RULE} ${severity}` } });

export const usableCases = async ({ a, b, east, west }) => {
  const server = await certificate('istiod.east', {
    by: a,
    ca: false,
    usage: KeyUsageFlags.digitalSignature,
    purposes: [ExtendedKeyUsage.serverAuth],
  });
  const expired = await certificate('istiod.west', { by: a, to: '2025-03-01' });
  const young = await certificate('istiod.west', { by: a, from: '2080-01-01' });
  const ending = await certificate('istiod.west', { by: a, to: '2027-01-15' });
  const lasting = await certificate('istiod.west', { by: a, to: '2027-12-01' });
  const mute = await certificate('istiod.west', { by: a, usage: KeyUsageFlags.digitalSignature });
  const silent = await certificate('istiod.west', { by: a, usage: null });
  const client = await certificate('istiod.west', { by: a, purposes: [ExtendedKeyUsage.clientAuth] });
  const any = await certificate('istiod.west', { by: a, purposes: ['2.5.29.37.0'] });
  const policy = await certificate('Policy CA', { by: a });
  const region = await certificate('Region CA', { by: policy });
  const deep = await certificate('istiod.west', { by: region });
  const oldRoot = await certificate('Root Old', { to: '2025-03-01' });
  const eastOfOld = await certificate('istiod.east', { by: oldRoot });
  const westOfOld = await certificate('istiod.west', { by: oldRoot });
  const narrow = await certificate('Root Narrow', { pathLength: 0 });
  const westOfNarrow = await certificate('istiod.west', { by: narrow });
  const otherA = await certificate('Root A');
  const fitting = await certificate('istiod.west', { by: a, pathLength: 0 });
  const throwAway = await certificate('throw-away istiod.west', { by: a });
  const other = await certificate('throw-away other', { by: a });
  const [key, otherKey] = [await keyOf(throwAway), await keyOf(other)];
  const revocations = await revocationsOf(a);

  const four = (signing, { root = a, chain, ...rest } = {}) =>
    fourFiles({ signing: signing.pem, root: root.pem, chain, ...rest });
  const good = { 'east/cacerts.yaml': secret(four(east)) };
  const inWest = (signing, mark, options) => ({ ...good, 'west/cacerts.yaml': secret(four(signing, options), mark) });
  const modern = { 'west/istio.yaml': operator({ tag: '1.28.0' }) };
  const withList = (text, mark) => secret({ ...four(west), 'ca-crl.pem': text }, mark);
  return {
    'server-certificate': {
      'east/cacerts.yaml': secret(four(server), marked('ca-cert.pem')),
      'west/cacerts.yaml': secret(four(west)),
    },
    'intermediate-missing': inWest(deep, marked('cert-chain.pem'), { chain: `${deep.pem}${region.pem}` }),
    'four-level-chain': inWest(deep, undefined, { chain: `${deep.pem}${region.pem}${policy.pem}` }),
    'chain-to-another-root': {
      'west/cacerts.yaml': secret(four(west, { root: b, chain: west.pem }), marked('cert-chain.pem')),
    },
    'root-of-the-same-name': {
      'west/cacerts.yaml': secret(four(west, { root: otherA, chain: west.pem }), marked('cert-chain.pem')),
    },
    'wrong-key': inWest(throwAway, marked('ca-key.pem'), { key: otherKey }),
    'right-key': inWest(throwAway, undefined, { key }),
    expired: inWest(expired, marked('ca-cert.pem', 'error')),
    'expired-loose-pem': {
      ...good,
      'west/istio.yaml': operator(),
      'west/certs/ca-cert.pem': pemFile(expired.pem, { expect: `${RULE} warning` }),
      'west/certs/cert-chain.pem': `${expired.pem}${a.pem}`,
      'west/certs/root-cert.pem': a.pem,
    },
    'expired-in-secret-and-file': {
      ...inWest(expired, marked('ca-cert.pem', 'error')),
      'west/certs/ca-cert.pem': expired.pem,
      'west/certs/root-cert.pem': a.pem,
    },
    'expired-root-of-both': {
      'east/cacerts.yaml': secret(four(eastOfOld, { root: oldRoot }), marked('root-cert.pem', 'error')),
      'west/cacerts.yaml': secret(four(westOfOld, { root: oldRoot })),
    },
    'expired-root-beside-the-new-one': inWest(west, undefined, { root: { pem: `${oldRoot.pem}${a.pem}` } }),
    'not-yet-valid': inWest(young, marked('ca-cert.pem', 'error')),
    'expires-soon': { ...inWest(ending, marked('ca-cert.pem', 'warning')), 'mesh-lint.yaml': 'now: "2026-11-21"\n' },
    'expires-in-a-year': inWest(lasting),
    'no-cert-sign': inWest(mute, marked('ca-cert.pem')),
    'no-key-usage': inWest(silent),
    'for-clients-only': inWest(client, marked('ca-cert.pem')),
    'for-any-purpose': inWest(any),
    'root-allows-no-ca-below': {
      'west/cacerts.yaml': secret(four(westOfNarrow, { root: narrow }), marked('root-cert.pem')),
    },
    'signer-allows-no-ca-below': inWest(fitting),
    'root-signs-itself': { 'west/cacerts.yaml': secret(four(a, { chain: '' })) },
    'chain-in-other-order': inWest(deep, marked('cert-chain.pem', 'info'), {
      chain: `${region.pem}${policy.pem}${deep.pem}`,
    }),
    'chain-without-signer': inWest(deep, marked('cert-chain.pem', 'warning'), { chain: `${region.pem}${policy.pem}` }),
    'tls-form-with-intermediates': {
      ...good,
      'west/cacerts.yaml': secret(tlsFiles({ signing: `${deep.pem}${region.pem}${policy.pem}`, root: a.pem })),
    },
    'tls-form-without-intermediates': {
      ...good,
      'west/cacerts.yaml': secret(tlsFiles({ signing: deep.pem, root: a.pem }), marked('tls.crt')),
    },
    'revocations-unreadable': { ...modern, 'west/cacerts.yaml': withList(a.pem, marked('ca-crl.pem')) },
    'revocations-readable': { ...modern, 'west/cacerts.yaml': withList(revocations) },
    'revocations-before-1-27': { 'west/istio.yaml': operator({ tag: '1.26.1' }), 'west/cacerts.yaml': withList(a.pem) },
    placeholders: {
      'west/cacerts.yaml': plainSecret({
        'ca-cert.pem': west.pem,
        'ca-key.pem': '-----BEGIN PRIVATE KEY-----\nREDACTED\n-----END PRIVATE KEY-----\n',
        'cert-chain.pem': '-----BEGIN CERTIFICATE-----\nMII...\n-----END CERTIFICATE-----\n',
        'root-cert.pem': b.pem,
      }),
    },
    'external-ca': {
      'west/istio.yaml': operator({
        lines: ['values:', '  global:', '    caAddress: cert-manager-istio-csr.cert-manager.svc:443'],
      }),
      'west/cacerts.yaml': secret(four(expired)),
    },
  };
};
