/** How changes come in: not yet; as they happen; not at the moment, but the client tries again by itself. */
export type Connection = 'connecting' | 'live' | 'interrupted';

const words: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  interrupted: 'Reconnecting …',
};

export function ConnectionState({ connection }: { connection: Connection }) {
  return (
    <p className="connection" role="status" data-connection={connection}>
      {words[connection]}
    </p>
  );
}
