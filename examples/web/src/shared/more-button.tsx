import { useEffect, useRef, type ReactNode } from 'react';
import { inWords } from './in-words.ts';

/** How the next page of a list stands: not asked for, on its way, or why it did not come. */
export type More = 'idle' | 'loading' | { readonly error: unknown };

/** Asks for the next page of a list when it scrolls near, or is pressed. After an error it waits to be pressed. */
export function MoreButton({
  more,
  onMore,
  children,
}: {
  more: More;
  onMore: () => void;
  children: ReactNode;
}) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!button.current || more !== 'idle') return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) onMore();
      },
      { root: button.current.closest('.scroller'), rootMargin: '300px 0px' },
    );
    observer.observe(button.current);
    return () => {
      observer.disconnect();
    };
  }, [more, onMore]);

  return (
    <div className="more">
      {typeof more === 'object' && <p role="alert">{inWords(more.error)}</p>}
      <button type="button" ref={button} onClick={onMore} aria-busy={more === 'loading'}>
        {more === 'loading' ? 'Loading …' : typeof more === 'object' ? 'Try again' : children}
      </button>
    </div>
  );
}
