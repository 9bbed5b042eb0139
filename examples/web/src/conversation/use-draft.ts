import { useState } from 'react';

/** A text that somebody is writing, kept for each key while the tab is open. */
export function useDraft(key: string): [string, (text: string) => void] {
  const place = `chatledger-example-draft-${key}`;
  const [draft, setDraft] = useState(() => sessionStorage.getItem(place) ?? '');
  return [
    draft,
    (text) => {
      sessionStorage.setItem(place, text);
      setDraft(text);
    },
  ];
}
