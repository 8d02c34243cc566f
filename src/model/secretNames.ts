// Which keys, variables and options are called as secrets are.

const WORDS: ReadonlySet<string> = new Set(
  'password passwords passwd passphrase pass pwd secret secrets token tokens credential credentials authorization cookie bearer'.split(
    ' ',
  ),
);
/** Words before `key` with which it is a secret. */
const KEY_KINDS: ReadonlySet<string> = new Set(
  'private api access secret signing encryption shared master account client ssh'.split(' '),
);
/** Last words of names that speak of a secret without being one: `credentialName`, `TOKEN_PATH`. */
const ABOUT: ReadonlySet<string> = new Set(
  (
    'name names namespace namespaces file files path dir directory ref refs url uri endpoint audience audiences type types policy ' +
    'provider interval ttl enabled fetcher mount mounts issuer expiration expiry lifetime duration length size count selector ' +
    'labels label annotations format header headers location locations version port host hosts kind review reviews metadata status'
  ).split(' '),
);
/** First words of settings that are on or off, or that name a secret kept elsewhere. */
const SETTINGS: ReadonlySet<string> = new Set(
  'enable disable use require allow skip verify forward automount is has image existing remote http insecure'.split(
    ' ',
  ),
);

const wordsOf = (name: string): readonly string[] =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((word) => word !== '');

/** Whether a key, an environment variable or an option is called as secrets are: `DB_PASSWORD`, `clientSecret`. */
export const isSecretName = (name: string): boolean => {
  // The last part of a key with dots counts: `ca-key.pem`, `spec.token`.
  if (/(?:^|[._-])(?:key-data|key\.pem|tls\.key)$/i.test(name)) return true;
  const words = wordsOf(name);
  const last = words.at(-1);
  if (last === undefined || ABOUT.has(last) || (words.length > 1 && SETTINGS.has(words[0] ?? ''))) return false;
  return words.some(
    (word, index) =>
      WORDS.has(word) ||
      /^(?:apikey|secretkey|accesskey|privatekey)$/.test(word) ||
      (word === 'key' && KEY_KINDS.has(words[index - 1] ?? '')),
  );
};

/** Keys below one that sounds like a secret which say where it is or how it is compared: `secret: { items: … }`. */
const BESIDE: ReadonlySet<string> = new Set(
  'key items mode optional present ignore invert match fs group operator exists required'.split(' '),
);

/** Whether what stands under this key of a map named like a secret tells of the secret, and is not it. */
export const isAboutSecret = (key: string): boolean => {
  const last = wordsOf(key).at(-1);
  return last !== undefined && (ABOUT.has(last) || BESIDE.has(last));
};

/** Switches, and paths of files with a secret. */
export const isPublicValue = (value: string): boolean =>
  /^["']?(?:true|false|null|~|\/(?:etc|var|run|usr|opt|home|mnt)\/[\w./-]*)?["']?$/.test(value.trim());

/** Whether a value may be shown that stands under these keys. */
export const isShownUnder = (path: readonly (string | number)[], value: string): boolean =>
  isPublicValue(value) || !path.some((step) => typeof step === 'string' && isSecretName(step));
