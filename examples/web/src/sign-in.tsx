/** Stands for your sign-in: the server's development mode takes anybody's word for who they are. */
export function SignIn({ onSignIn }: { onSignIn: (userId: string) => void }) {
  return (
    <main className="sign-in">
      <form
        action={(form) => {
          const name = form.get('user');
          if (typeof name === 'string') onSignIn(name.trim());
        }}
      >
        <h1>Conversations</h1>
        <label htmlFor="user">User name</label>
        {/* A header of HTTP carries it: printable ASCII. */}
        <input
          id="user"
          name="user"
          required
          maxLength={100}
          pattern="\s*[!-~](?:[ -~]*[!-~])?\s*"
          title="Letters without accents, digits and punctuation"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
        />
        <p className="hint">Any name will do. “alice” is the user of the examples.</p>
        <button type="submit" className="primary">
          Open
        </button>
      </form>
    </main>
  );
}
