/** What keeps a path with braces from being a path template (`/a/{*}/b`, `/a/{**}`); undefined for all other paths. */
export const faultOfPathTemplate = (path: string): string | undefined => {
  const isTemplate = path.includes('{*}') || path.includes('{**}');
  let isOver = false;
  for (const part of path.replace(/^\/+|\/+$/g, '').split('/')) {
    if (part === '{*}' || part === '{**}') {
      if (isOver) return 'but {**} is the last operator of a path template';
      isOver = part === '{**}';
    } else if (/[{}]/.test(part)) return 'but braces stand in a path as the whole steps {*} and {**} only';
    else if (isTemplate && part.includes('*')) return 'but a path template has no other * than {*} and {**}';
    else if (isTemplate && part === '') return 'but no step of a path template is empty';
    else if (isTemplate && !STEP.test(part))
      return `but ${JSON.stringify(part)} has characters that stand in no step of a path template`;
  }
  return undefined;
};

/** Characters of a path that need no escape. */
const STEP = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;
