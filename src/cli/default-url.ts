/** Default of the option --url: the server that `chatledger serve` starts in the same environment. */
export function defaultUrl(): string {
  return process.env['CHATLEDGER_URL'] ?? `http://127.0.0.1:${process.env['PORT'] ?? '4000'}/graphql`;
}
