/** The scheme of a URL in lower case; undefined where the text has none. */
const schemeOf = (url: string): string | undefined => /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase();

/**
 * Whether a text is a URL (or an absolute path, which counts as one), as Go reads it in a request, and with it the
 * API server.
 */
export const isUrl = (url: string): boolean => {
  if (hasControls(url)) return false;
  if (url === '*') return true;
  const scheme = schemeOf(url);
  const rest = (scheme === undefined ? url : url.slice(scheme.length + 1)).replace(/\?.*$/s, '');
  // What does not begin with a / is opaque: `mailto:somebody`.
  if (!rest.startsWith('/')) return scheme !== undefined;
  if (scheme === undefined || !rest.startsWith('//')) return isEscaped(rest);
  const [, authority = '', path = ''] = /^\/\/([^/]*)(.*)$/s.exec(rest) ?? [];
  const at = authority.lastIndexOf('@');
  return isUser(authority.slice(0, Math.max(0, at))) && isHost(authority.slice(at + 1)) && isEscaped(path);
};

const hasControls = (text: string): boolean => {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
};

const isEscaped = (path: string): boolean => !/%(?![0-9A-Fa-f]{2})/.test(path);

const isUser = (user: string): boolean => /^[\w\-.~!$&'()*+,;=:%@]*$/.test(user) && isEscaped(user);

/** `%` stands in no host, and a port is a number. */
const isHost = (host: string): boolean =>
  /^(?:\[[0-9a-fA-F:.]+\]|[^:[\]%\s#?\\^`{}|]*)(?::\d*)?$/.test(host) ||
  /^\[[0-9a-fA-F:.]+%25[\w.~-]+\](?::\d*)?$/.test(host);

export const hasScheme = (url: string, schemes: readonly string[]): boolean =>
  isUrl(url) && schemes.includes(schemeOf(url) ?? '');

/** Where a Wasm module comes from: what is no URL by itself is a place in a registry. */
export const isModuleUrl = (url: string): boolean =>
  isUrl(url) ? ['http', 'https', 'file', 'oci', ''].includes(schemeOf(url) ?? '') : isUrl(`http://${url}`);
