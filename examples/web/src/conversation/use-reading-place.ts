import { useEffect, useState, type RefObject } from 'react';

/** Pixels from the end within which somebody who reads wants to stay at the end. */
const near = 48;

/**
 * Keeps what somebody reads where it is, whatever comes in before it or grows behind it; at the end, keeps to the end.
 * (Browsers do the former by themselves, but not all of them, and not at the very top.)
 *
 * @param scroller what scrolls, and stands still itself
 * @param content what grows in it: a list of which each item is a place to read at
 * @returns whether the end is shown, and how to get there
 */
export function useReadingPlace(
  scroller: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): { atEnd: boolean; toEnd: () => void } {
  const [atEnd, setAtEnd] = useState(true);

  useEffect(() => {
    const [view, list] = [scroller.current, content.current];
    if (!view || !list) return;
    let stays = true;
    /** Of all that scrolls, when it was put in its place. */
    let height = view.scrollHeight;
    let anchor: { readonly item: Element; readonly top: number } | undefined;

    // Places in the content, so that scrolling does not change them.
    const topOf = (item: Element) =>
      view.scrollTop + item.getBoundingClientRect().top - view.getBoundingClientRect().top;
    const restore = () => {
      height = view.scrollHeight;
      if (stays) view.scrollTop = height;
      if (stays || !anchor?.item.isConnected) return;
      const top = topOf(anchor.item);
      if (top !== anchor.top) view.scrollTop += top - anchor.top;
      anchor = { item: anchor.item, top };
    };
    const remember = () => {
      // The content may have changed since it was put in its place, and this comes before the observer.
      if (!stays) restore();
      stays = height - view.scrollTop - view.clientHeight < near;
      const item = [...list.children].find((each) => topOf(each) + each.clientHeight > view.scrollTop);
      anchor = item && { item, top: topOf(item) };
      setAtEnd(stays);
    };

    // Told after the layout and before it is painted, so nothing is seen to jump.
    const observer = new ResizeObserver(restore);
    observer.observe(view);
    observer.observe(list);
    view.addEventListener('scroll', remember, { passive: true });
    return () => {
      observer.disconnect();
      view.removeEventListener('scroll', remember);
    };
  }, [scroller, content]);

  return {
    atEnd,
    toEnd: () => {
      scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
    },
  };
}
