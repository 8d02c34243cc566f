// What must not be repeated in a report: manifests hold secrets in more places than Secrets.

/** Stands for what is not shown. */
export const HIDDEN = '<hidden>';

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

/** Characters of a text, end exclusive. */
export type Span = readonly [start: number, end: number];

/** Forms of secrets: `secret` is what must not be shown, `name` (where there is one) has to sound like a secret. */
const LOGINS: readonly RegExp[] = [
  // `scheme://user:password@host`, `scheme://token@host`; a path may hold an @ as well.
  /:\/\/(?<secret>[^\s/@:"'?#]*:(?!\d+(?:[/?#"'\s]|$))[^\s"'?#]*|[^\s/@:"'?#]+)@/dg,
  // `user:password@host`, but no digest of an image.
  /(?:^|[\s"'=,;([])(?<secret>[\w.:-]*[\w.-]:(?!\/\/)[^\s/@:"',]+)@(?!sha\d+:)(?=[\w[])/dg,
];
const WORDED: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+(?<secret>(?=[^\s"']*[\d=])[^\s"',}]{6,})/dgi,
  // `?token=…`, `--password=…`, `DB_PASSWORD=…`
  /(?<![\w.-])(?:--)?(?<name>[A-Za-z_][\w.-]*)=(?!=)(?<secret>"[^"]*"?|'[^']*'?|[^\s&;,"'<>)}\]]+)/dg,
  /--(?<name>[A-Za-z][\w.-]*)(?:["']?,\s*["']?|\s+["']?)(?<secret>[^\s"'&;,<>[\]{}-][^\s"'&;,<>[\]{}]*)/dg,
];
const ENCODED: readonly RegExp[] = [
  // JSON in base64: JSON Web Tokens, logins of registries.
  /\b(?<secret>eyJ[A-Za-z0-9+/=_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4})/dg,
];
const ENTRIES: readonly RegExp[] = [
  // A line of its own: the value goes to its end.
  /(?:^|\n)[ \t-]*(?<quote>["']?)(?<name>[A-Za-z_][\w./-]*)\k<quote>[ \t]*:[ \t]+(?<secret>[^\s|>{#][^\n]*)/dg,
  // In braces: to the end of the value.
  /[{,[][ \t\n]*(?<quote>\\?["']?)(?<name>[A-Za-z_][\w./-]*)\k<quote>[ \t]*:[ \t]*(?<secret>\\"[^"]*"?|"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?|\[[^\]]*\]?|[^\s,{}[\]"'][^,{}[\]\n]*)/dg,
];
const BLOCKS: readonly RegExp[] = [
  /(?<secret>-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$))/dg,
  // The same in base64.
  /(?<secret>LS0tLS1[A-Za-z0-9+/=_-]{4,})/dg,
];

const spansOf = (text: string, forms: readonly RegExp[]): readonly Span[] =>
  forms.flatMap((form) =>
    [...text.matchAll(form)].flatMap(({ groups, indices }) => {
      const span = indices?.groups?.['secret'];
      if (span === undefined) return [];
      const name = groups?.['name'];
      return name !== undefined && (!isSecretName(name) || isPublicValue(groups?.['secret'] ?? '')) ? [] : [span];
    }),
  );

/** Switches, and paths of files with a secret. */
const isPublicValue = (value: string): boolean =>
  /^["']?(?:true|false|null|~|\/(?:etc|var|run|usr|opt|home|mnt)\/[\w./-]*)?["']?$/.test(value.trim());

/** Whether a value may be shown that stands under these keys. */
export const isShownUnder = (path: readonly (string | number)[], value: string): boolean =>
  isPublicValue(value) || !path.some((step) => typeof step === 'string' && isSecretName(step));

/** `{ name: DB_PASSWORD, value: … }` */
const entrySpans = (text: string): readonly Span[] =>
  [...text.matchAll(/\{[^{}]*\}?/g)].flatMap(({ 0: entry, index }) => {
    const name = /[{,]\s*["']?name["']?\s*:\s*["']?([\w.-]+)/.exec(entry)?.[1];
    if (name === undefined || !isSecretName(name)) return [];
    return [
      ...entry.matchAll(/[{,]\s*["']?value["']?\s*:\s*(?<secret>"(?:[^"\\]|\\.)*"?|'[^']*'?|[^,{}"']+)/dg),
    ].flatMap(({ indices }): readonly Span[] => {
      const span = indices?.groups?.['secret'];
      return span === undefined ? [] : [[span[0] + index, span[1] + index]];
    });
  });

/** Where a line of a manifest tells a secret, as far as the line itself shows; sorted, without overlap. */
export const secretSpans = (line: string): readonly Span[] =>
  MAY_HOLD.test(line)
    ? joined([...spansOf(line, [...LOGINS, ...WORDED, ...ENCODED, ...ENTRIES]), ...entrySpans(line)])
    : [];

/** What every form above has. */
const MAY_HOLD = /[:=@]|eyJ|--|LS0t|Bearer|Basic/i;

/** A text as it may be quoted: private keys, tokens, kubeconfigs and logins left out. */
export const withoutSecretText = (text: string): string => {
  if (!MAY_HOLD.test(text)) return text;
  if (isKubeconfig(text)) return HIDDEN;
  const spans = joined([
    ...spansOf(text, [...BLOCKS, ...LOGINS, ...WORDED, ...ENCODED]),
    // Words with a colon are prose, unless the text is of several lines or in braces.
    ...(/[\n{]/.test(text)
      ? [...spansOf(text, text.includes('\n') ? ENTRIES : ENTRIES.slice(1)), ...entrySpans(text)]
      : []),
  ]);
  let [shown, last] = ['', 0];
  for (const [start, end] of spans) {
    shown += text.slice(last, start) + HIDDEN;
    last = end;
  }
  return shown + text.slice(last);
};

/** Sorted, those that touch as one. */
const joined = (spans: readonly Span[]): readonly Span[] => {
  const found: Span[] = [];
  for (const [start, end] of spans.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    const before = found.at(-1);
    if (before === undefined || before[1] < start) found.push([start, end]);
    else if (end > before[1]) found[found.length - 1] = [before[0], end];
  }
  return found;
};

const isKubeconfig = (text: string): boolean =>
  /client-key-data\\?["']?\s*:\s*\S/.test(text) ||
  (/\bkind\\?["']?\s*:\s*\\?["']?Config\b/.test(text) && /\b(?:users|clusters)\\?["']?\s*:/.test(text));

const LONGEST_WORD = 120;
const LONGEST_VALUE = 300;
const LONGEST_TEXT = 600;
/** More is not even looked at. */
const MOST_READ = 20_000;

/** A value in a message: one line without secrets, shortened where it is long. */
export const quotable = (value: string): string =>
  shortened(
    oneLine(withoutSecretText(value.slice(0, MOST_READ))).replaceAll(/\S{121,}/g, (word) =>
      shortened(word, LONGEST_WORD),
    ),
    LONGEST_VALUE,
  );

/** A message whose values are quotable: one line, shortened where it is long. */
export const tellable = (text: string): string => shortened(oneLine(text), LONGEST_TEXT);

const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text;
  // Half a surrogate pair is no character.
  const cut = text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut}…`;
};

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Line breaks and control characters as escapes. */
const oneLine = (text: string): string =>
  text.replaceAll(
    // eslint-disable-next-line no-control-regex -- these are the characters meant
    /[\u0000-\u001F\u007F-\u009F\u2028\u2029]/g,
    (character) => ESCAPES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
