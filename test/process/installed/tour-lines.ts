/** What the program of this folder prints, on whichever package it is run. */
export const tourLines: readonly string[] = [
  'created: true',
  'appended: 0 USER Rain?',
  'listed: Weather 1',
  'watched: ChatMessagesAppended',
  'watched: ChatSessionCaughtUp',
  'returned: next is 1',
  'thrown: NotFoundError NOT_FOUND',
  'requested: Weather',
  'syntax tree: Document of number',
];
