import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseSnapshot, type Snapshot } from '../../src/data/snapshot.js';
import { toldThrough, toldToAll } from '../../src/ledger/feed/list-position.js';

const has = ({ next, open }: Snapshot, id: number) => id < next && !open.includes(id);
const ids = Array.from({ length: 40 }, (_, n) => n);
const idsIn = (snapshot: Snapshot) => ids.filter((id) => has(snapshot, id));

const snapshots = fc
  .record({ next: fc.nat(30), open: fc.uniqueArray(fc.nat(29)) })
  .map(({ next, open }) => ({ next, open: open.filter((id) => id < next).sort((a, b) => a - b) }));

/** A snapshot, and a later one: what was over stays so. */
const readings = fc
  .record({
    told: snapshots,
    over: fc.uniqueArray(fc.nat(29)),
    more: fc.nat(8),
    begun: fc.uniqueArray(fc.nat(39)),
  })
  .map(({ told, over, more, begun }) => {
    const next = told.next + more;
    const open = ids.filter(
      (id) => id < next && !has(told, id) && (id < told.next ? !over.includes(id) : begun.includes(id)),
    );
    return { told, seen: { next, open } };
  });

test('what PostgreSQL writes is understood', () => {
  expect(parseSnapshot('10:20:10,14,15')).toEqual({ next: 20, open: [10, 14, 15] });
  expect(parseSnapshot('749:749:')).toEqual({ next: 749, open: [] });
});

test('who breaks off within a reading was told what it told until there', () => {
  fc.assert(
    fc.property(readings, fc.nat(39), ({ told, seen }, transaction) => {
      const position = toldThrough(told, seen, transaction);
      const expected = ids.filter((id) => has(told, id) || (has(seen, id) && id <= transaction));
      expect(idsIn(position).filter((id) => id < seen.next)).toEqual(expected);
      expect(position.open).toEqual([...new Set(position.open)].sort((a, b) => a - b));
    }),
  );
});

test('all were told what each was told', () => {
  fc.assert(
    fc.property(fc.array(snapshots, { minLength: 1, maxLength: 4 }), (all) => {
      expect(idsIn(toldToAll(all))).toEqual(ids.filter((id) => all.every((each) => has(each, id))));
    }),
  );
});
