/** Keys of Secrets whose values are public. */
const PUBLIC = /^(?:root-cert|ca-cert|cert-chain|ca-crl)\.pem$|^(?:ca|tls)\.crt$|^certificate-authority-data$/;
const PRIVATE = /(?:^|[._-])(?:token|password|passwd|secret|key-data|key\.pem|tls\.key)$/i;
const HOLDERS = new Set(['data', 'stringData', 'secretGenerator']);
const KEY = /^(?<lead>[\s-]*)(?<key>"[^"]*"|'[^']*'|[^\s#:'"{[][^:]*?)\s*:(?=\s|$)/;

/** A line of a file as it may be shown: values of Secrets left out, long encoded text shortened. */
export const withoutSecrets = (lines: readonly string[], index: number): string => {
  const line = lines[index] ?? '';
  const found = KEY.exec(line);
  const key = unquoted(found?.groups?.['key']);
  if (key !== undefined && PUBLIC.test(key)) return shortened(line);
  if (key !== undefined && PRIVATE.test(key)) return hidden(line, found);
  return isSecretValue(lines, index) ? hidden(line, found) : shortened(line);
};

const shortened = (line: string): string =>
  line.replaceAll(/[A-Za-z0-9+/_=-]{48,}/g, (text) => `${text.slice(0, 15)}…`);

/** Keys stay, so that people find the line. */
const hidden = (line: string, found: RegExpExecArray | null): string => {
  if (found === null) return `${/^[\s-]*/.exec(line)?.[0] ?? ''}…`;
  const rest = line.slice(found[0].length).trim();
  return rest === '' || rest.startsWith('#') || /^[|>][+-]?\d?$/.test(rest) ? line : `${found[0]} …`;
};

/** Whether the line stands below `data` or `stringData` of a Secret, or in literals of a generator. */
const isSecretValue = (lines: readonly string[], index: number): boolean => {
  if (!isInSecret(lines, index)) return false;
  // In one-line and JSON notation nothing tells what belongs to what.
  if (/[{}]/.test(lines[index] ?? '')) return true;
  let indent = indentOf(lines[index] ?? '');
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at] ?? '';
    if (isSeparator(line)) return false;
    if (line.trim() === '' || indentOf(line) >= indent) continue;
    indent = indentOf(line);
    const key = unquoted(KEY.exec(line)?.groups?.['key']);
    if (key !== undefined && HOLDERS.has(key)) return true;
  }
  return false;
};

const isInSecret = (lines: readonly string[], index: number): boolean => {
  let start = index;
  while (start > 0 && !isSeparator(lines[start - 1] ?? '')) start--;
  for (let at = start; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (at > index && isSeparator(line)) return false;
    if (/["']?kind["']?\s*:\s*["']?Secret\b|secretGenerator/.test(line)) return true;
  }
  return false;
};

const isSeparator = (line: string): boolean => /^---(?:\s|$)/.test(line);

const indentOf = (line: string): number => /^[\s-]*/.exec(line)?.[0].length ?? 0;

const unquoted = (key: string | undefined): string | undefined => key?.replaceAll(/^["']|["']$/g, '');
