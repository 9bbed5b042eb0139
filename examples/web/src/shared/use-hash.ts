import { useSyncExternalStore } from 'react';

/** What the address names behind `#/`, so that links, bookmarks and the back button work; '' for nothing. */
export function useHash(): string {
  return useSyncExternalStore(subscribe, () => location.hash.replace(/^#\/?/, ''));
}

function subscribe(onChange: () => void): () => void {
  addEventListener('hashchange', onChange);
  return () => {
    removeEventListener('hashchange', onChange);
  };
}
