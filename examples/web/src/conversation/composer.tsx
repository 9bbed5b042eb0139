import { useEffect, useRef, type KeyboardEvent, type SubmitEvent } from 'react';
import { useDraft } from './use-draft.ts';

interface Props {
  readonly sessionId: string;
  /** Whether it takes the focus when it appears. */
  readonly hasFocus: boolean;
  readonly onFocus: () => void;
  readonly onSend: (content: string) => void;
}

export function Composer({ sessionId, hasFocus, onFocus, onSend }: Props) {
  const [draft, setDraft] = useDraft(sessionId);
  const form = useRef<HTMLFormElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (hasFocus) box.current?.focus();
  }, [hasFocus]);

  function send(event: SubmitEvent) {
    event.preventDefault();
    if (draft.trim() === '') return;
    onSend(draft.trim());
    setDraft('');
  }

  function sendOnEnter(event: KeyboardEvent) {
    // Within an input method, Enter chooses a word.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    form.current?.requestSubmit();
  }

  return (
    <form className="composer" ref={form} onSubmit={send}>
      <label htmlFor="draft" className="visually-hidden">
        Message
      </label>
      <textarea
        id="draft"
        ref={box}
        dir="auto"
        onFocus={onFocus}
        rows={1}
        placeholder="Write a message"
        aria-describedby="draft-hint"
        value={draft}
        onChange={(event) => {
          setDraft(event.target.value);
        }}
        onKeyDown={sendOnEnter}
      />
      <button type="submit" className="primary">
        Send
      </button>
      <p id="draft-hint" className="hint">
        Enter sends, Shift+Enter begins a line
      </p>
    </form>
  );
}
