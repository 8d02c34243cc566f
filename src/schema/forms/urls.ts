/** The scheme of a URL in lower case; undefined where the text has none. */
export const schemeOf = (url: string): string | undefined =>
  /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();

/** Whether a text is a URL (or an absolute path, which counts as one), as the API server reads it. */
export const isUrl = (url: string): boolean => {
  if (/[\s\\^`{}|<>"]/.test(url) || /%(?![0-9A-Fa-f]{2})/.test(url)) return false;
  if (url.startsWith('/')) return true;
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(url)?.[1];
  if (authority === undefined) return /^[A-Za-z][A-Za-z0-9+.-]*:[^/]/.test(url);
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  // `%` stands in no host, and a port is a number.
  return /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]%]*)(?::\d*)?$/.test(host);
};

export const hasScheme = (url: string, schemes: readonly string[]): boolean =>
  isUrl(url) && schemes.includes(schemeOf(url) ?? '');
