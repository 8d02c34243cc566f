// What must not be repeated in a report: manifests hold secrets in more places than Secrets.
import { isAboutSecret, isPublicValue, isSecretName } from './secretNames.ts';

/** Stands for what is not shown. */
export const HIDDEN = '<hidden>';

/** Characters of a text, end exclusive. */
export type Span = readonly [start: number, end: number];

// All patterns stay linear in the length of the text: a run of characters has one place where a match can begin, or a
// bound. What has a name is looked at in two steps, so that only values of secrets are read at all.

/** `secret` is what must not be shown. */
const LOGINS: readonly RegExp[] = [
  // `user:password@host`, but no digest of an image.
  /(?:^|[\s"'=,;([])(?<secret>[\w.:-]*[\w.-]:(?!\/\/)[^\s/@:"',]+)@(?!sha\d+:)(?=[\w[])/dg,
  // `jdbc:oracle:thin:user/password@host`
  /\bjdbc:[a-z:]{1,40}:[^\s/@:"']{1,128}\/(?<secret>[^\s/@"']{1,256})@/dg,
  // A URL that is escaped inside another.
  /%2F%2F(?<secret>[^\s%"']{0,128}%3A[^\s"']{1,256}?)%40/dgi,
  // `curl -u user:password`, as words of a shell and as items of a list.
  /(?<![\w-])(?:-u|--user)(?:=|["']?,?\s{1,8}|["'],)["']?[^\s:"'\\]{1,128}:(?!\d+\b)(?<secret>[^\s"'\\]{1,256})/dg,
];
const TOKENS: readonly RegExp[] = [
  /\b(?:Bearer|Basic)\s+(?<secret>(?=[^\s"']*[\d=])[^\s"',}]{6,})/dgi,
  // JSON in base64: JSON Web Tokens, logins of registries.
  /\b(?<secret>eyJ[A-Za-z0-9+/=_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4})/dg,
  // Tokens that say by their first letters whose they are.
  /\b(?<secret>gh[oprsu]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|AIza[\w-]{30,}|[rs]k_live_\w{16,})/dg,
  /\bhooks\.slack\.com\/services\/(?<secret>[\w/-]{8,})/dg,
  // Logins of registries: `"auth": "dXNlcjpwYXNz"`
  /["']auth\\{0,7}["']\s{0,8}:\s{0,8}\\{0,7}["'](?<secret>[\w+/=-]{4,})/dg,
  /(?<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{1,60}-----|$))/dg,
];
const BLOCKS: readonly RegExp[] = [
  /(?<secret>-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$))/dg,
  // The same in base64.
  /(?<secret>LS0tLS1[A-Za-z0-9+/=_-]{4,})/dg,
];

/** A value in quotes; inside another text in quotes these have backslashes. */
const QUOTED = String.raw`(?<escape>\\+)(?<mark>["'])[\s\S]*?(?:(?<!\\)\k<escape>\k<mark>|$)|"(?:[^"\\]|\\[\s\S])*"?|'(?:[^']|'')*'?`;

/** A name that must sound like a secret, and the value behind it. */
interface Named {
  readonly lead: RegExp;
  /** Is tried where the lead ends. */
  readonly value: RegExp;
}

const OPTIONS: readonly Named[] = [
  {
    // `?token=…`, `--password=…`, `DB_PASSWORD=…`, `password = …`, `-Dpassword=…`
    lead: /(?<![\w.-])(?:-D|--?)?(?<name>[A-Za-z_][\w.-]*)[ \t]{0,4}=(?!=)[ \t]{0,4}/g,
    value: new RegExp(String.raw`${QUOTED}|(?:[^\s&;,"'<>)}\]\\]|\\+(?!["'\\]))+`, 'y'),
  },
  {
    lead: /(?<![\w.-])--(?<name>[A-Za-z][\w.-]*)(?:["']?,\s*["']?|\s+["']?)/g,
    value: /[^\s"'&;,<>[\]{}-][^\s"'&;,<>[\]{}]*/y,
  },
];
/** `name: value` where it is all that is said, or in quotes: elsewhere words with a colon are prose. */
const HEADERS: readonly Named[] = [
  { lead: /^(?<name>[A-Za-z_][\w-]*):[ \t]{1,4}/g, value: /\S+$/y },
  { lead: /["'](?<name>[A-Za-z_][\w-]*):[ \t]{1,4}/g, value: /[^"'\n]+/y },
];
const LINES: Named = {
  // A line of its own: the value goes to its end.
  lead: /(?:^|\n)[ \t-]*(?<quote>["']?)(?<name>[A-Za-z_][\w./-]*)\k<quote>[ \t]*:[ \t]+/g,
  value: /[^\s|>{#][^\n]*/y,
};
const ENTRIES: readonly Named[] = [
  {
    // In braces: to the end of the value.
    lead: /[{,[][ \t\n]*(?<quote>\\{0,7}["']?)(?<name>[A-Za-z_][\w./-]*)\k<quote>[ \t]*:[ \t]*/g,
    value: new RegExp(String.raw`${QUOTED}|\[[^\]]*\]?|[^\s,{}[\]"'][^,{}[\]\n]*`, 'y'),
  },
  {
    // Lines of a text in quotes.
    lead: /\\n[ -]*(?<name>[A-Za-z_][\w./-]*)[ \t]*:[ \t]+/g,
    value: new RegExp(String.raw`${QUOTED}|[^\s|>{#"'\\][^"\n\\]*`, 'y'),
  },
];

const spansOf = (text: string, forms: readonly RegExp[]): readonly Span[] =>
  forms.flatMap((form) =>
    [...text.matchAll(form)].flatMap(({ indices }) => {
      const span = indices?.groups?.['secret'];
      return span === undefined ? [] : [span];
    }),
  );

/** `scheme://user:password@host`, `scheme://token@host`; a password may hold an @ as well. */
const urlSpans = (text: string): readonly Span[] => {
  const found: Span[] = [];
  const start = /[^\s/@:"'?#]*(?:(?<login>:)(?!\d+(?:[/?#"'\s]|$))|@)/y;
  const rest = /[^\s"'?#]*/y;
  let [end, last] = [0, 0];
  for (let at = text.indexOf('://'); at !== -1; at = text.indexOf('://', at)) {
    at += 3;
    start.lastIndex = at;
    const login = start.exec(text);
    if (login === null) continue;
    if (login.groups?.['login'] === undefined) {
      if (login[0].length > 1) found.push([at, start.lastIndex - 1]);
      continue;
    }
    if (at >= end) {
      rest.lastIndex = at;
      const run = rest.exec(text)?.[0] ?? '';
      end = at + run.length;
      last = at + run.lastIndexOf('@');
    }
    if (last < start.lastIndex) continue;
    found.push([at, last]);
    at = last;
  }
  return found;
};

const namedSpans = (text: string, forms: readonly Named[]): readonly Span[] =>
  forms.flatMap(({ lead, value }) => {
    const found: Span[] = [];
    lead.lastIndex = 0;
    for (let match = lead.exec(text); match !== null; match = lead.exec(text)) {
      if (!isSecretName(match.groups?.['name'] ?? '')) {
        // What opens the next entry may end this one.
        if (/[,\n]$/.test(match[0])) lead.lastIndex--;
        continue;
      }
      const start = lead.lastIndex;
      if (text[start] === '{') {
        const end = endOfBraces(text, start);
        if (holdsSecret(text.slice(start, end))) found.push([start, end]);
        lead.lastIndex = end;
        continue;
      }
      value.lastIndex = start;
      const held = value.exec(text)?.[0];
      if (held === undefined) continue;
      if (!isPublicValue(held.replaceAll('\\', ''))) found.push([start, start + held.length]);
      lead.lastIndex = Math.max(start, start + held.length - 1);
    }
    return found;
  });

/** Where braces that open here are closed again, or the text ends. */
const endOfBraces = (text: string, start: number): number => {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '{') depth++;
    else if (character === '}' && --depth === 0) return at + 1;
  }
  return text.length;
};

/** Whether a map below a name that sounds like a secret holds it: `{exact: …}`, not `{secretName: …}`. */
const holdsSecret = (braces: string): boolean =>
  [...braces.matchAll(/[{,]\s*\\{0,7}["']?(?<key>[^\s:{},"'\\]+)\\{0,7}["']?\s*:\s*(?<value>[^\s,{}[\]]*)/g)].some(
    ({ groups }) => {
      const { key = '', value = '' } = groups ?? {};
      return !isAboutSecret(key) && !isPublicValue(value);
    },
  );

const NAME_IN_BRACES = /[{,]\s*\\{0,7}["']?name\\{0,7}["']?\s*:\s*\\{0,7}["']?([\w.-]+)/;
const VALUE_IN_BRACES = new RegExp(
  String.raw`[{,]\s*\\{0,7}["']?value\\{0,7}["']?\s*:\s*(?<secret>${QUOTED}|\[[^\]]*\]?|\{[^}]*\}?|[^\s,{}"'][^,{}"']*)`,
  'dg',
);
/** An entry of a list of variables is not longer. */
const LONGEST_ENTRY = 2000;

/** `{ name: DB_PASSWORD, value: … }` */
const entrySpans = (text: string): readonly Span[] => {
  const found: Span[] = [];
  for (let at = text.indexOf('{'); at !== -1; at = text.indexOf('{', at + 1)) {
    const part = text.slice(at, at + LONGEST_ENTRY);
    if (!part.includes('name') || !part.includes('value')) continue;
    const entry = ownPart(part);
    const name = NAME_IN_BRACES.exec(entry)?.[1];
    if (name === undefined || !isSecretName(name)) continue;
    for (const [start, end] of spansOf(entry, [VALUE_IN_BRACES])) found.push([start + at, end + at]);
  }
  return found;
};

/** The first braces of a text; what stands in braces within them is blank. */
const ownPart = (text: string): string => {
  const end = endOfBraces(text, 0);
  let depth = 0;
  let own = '';
  for (let at = 0; at < end; at++) {
    const character = text[at] ?? '';
    if (character === '}') depth--;
    own += depth > 1 ? ' ' : character;
    if (character === '{') depth++;
  }
  return own;
};

/** What every form above has. */
const MAY_HOLD = /[:=@]|eyJ|--|LS0t|Bearer|Basic|-u\s|%40|AKIA|ASIA|AIza|gh[oprsu]_|github_pat|glpat|xox|k_live/i;

/** Forms that do not depend on whether the text is prose. */
const anywhere = (text: string): readonly Span[] => [
  ...urlSpans(text),
  ...spansOf(text, [...LOGINS, ...TOKENS]),
  ...namedSpans(text, OPTIONS),
];

/** Where a line of a manifest tells a secret, as far as the line itself shows; sorted, without overlap. */
export const secretSpans = (line: string): readonly Span[] =>
  MAY_HOLD.test(line)
    ? joined([...anywhere(line), ...namedSpans(line, [LINES, ...ENTRIES, ...HEADERS]), ...entrySpans(line)])
    : [];

/** A text as it may be quoted: private keys, tokens, kubeconfigs and logins left out. */
export const withoutSecretText = (text: string): string => {
  if (!MAY_HOLD.test(text)) return text;
  if (isKubeconfig(text)) return HIDDEN;
  const spans = joined([
    ...spansOf(text, BLOCKS),
    ...anywhere(text),
    ...namedSpans(text, HEADERS),
    ...(/[\n{]/.test(text)
      ? [...namedSpans(text, text.includes('\n') ? [LINES, ...ENTRIES] : ENTRIES), ...entrySpans(text)]
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
