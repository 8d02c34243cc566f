/** The call or the configuration cannot be used; the message is for the person who made it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
