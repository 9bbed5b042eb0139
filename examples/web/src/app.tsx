import { useState } from 'react';
import { Chat } from './chat.tsx';
import { SignIn } from './sign-in.tsx';

const key = 'chatledger-example-user';

export function App() {
  const [userId, setUserId] = useState(() => localStorage.getItem(key));

  function signIn(name: string) {
    localStorage.setItem(key, name);
    setUserId(name);
  }

  function signOut() {
    localStorage.removeItem(key);
    location.hash = '';
    setUserId(null);
  }

  if (userId === null) return <SignIn onSignIn={signIn} />;
  return <Chat userId={userId} onSignOut={signOut} />;
}
