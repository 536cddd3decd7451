import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { planChecksum } from '../src/pipeline/plan/checksum.ts';
import { diffWorld, params, type World } from './plan.world.ts';

function checksumOf(world: World, compareState: 'meaning' | 'exact' = 'meaning'): string {
  return planChecksum(diffWorld(world, { compareState }).plan, compareState);
}

const WORLD = {
  desired: { made: params(), changed: params({ threshold: '2' }), same: params() },
  existing: {
    changed: { params: params(), etag: '"1"', handle: 'h1' },
    same: { params: params() },
    gone: { params: params({ owner: 'ops' }), etag: '"2"' },
  },
} satisfies World;

describe('the checksum', () => {
  it('is 64 hexadecimal digits, the same for the same facts', () => {
    expect(checksumOf(WORLD)).toMatch(/^[0-9a-f]{64}$/u);
    expect(checksumOf(WORLD)).toBe(checksumOf(WORLD));
  });

  it('does not mind lines, etags, handles, the order of rows, or alarms that stay', () => {
    const { made, changed } = WORLD.desired;
    const { changed: held, gone } = WORLD.existing;
    const other: World = {
      firstLine: 700,
      desired: { changed, made },
      existing: { gone: { ...gone, etag: '"77"', handle: 'h77' }, changed: { params: held.params } },
    };
    expect(checksumOf(other)).toBe(checksumOf(WORLD));
  });

  it('does not mind weather, unless the state is compared exactly', () => {
    const weather = (alarm_state: string): World => ({
      ...WORLD,
      existing: {
        ...WORLD.existing,
        changed: { params: params({ alarm_state }) },
        gone: { params: params({ owner: 'ops', alarm_state }) },
      },
    });
    expect(checksumOf(weather('in_alarm'))).toBe(checksumOf(weather('active')));
    expect(checksumOf(weather('inactive'))).not.toBe(checksumOf(weather('active')));
    expect(checksumOf(weather('in_alarm'), 'exact')).not.toBe(checksumOf(weather('active'), 'exact'));
  });

  it('does not mind what became of the operations', () => {
    const { plan } = diffWorld(WORLD);
    const planned = planChecksum(plan, 'meaning');
    const claim = { isDelete: false, afterId: 0, limitCount: 1 };
    const claimed = plan.alarms.operations.claim(claim, 5);
    plan.alarms.operations.settle(
      claimed.map(({ id }) => ({
        id,
        state: 'done',
        attemptCount: 3,
        wasAmbiguous: true,
        atMs: 9,
        sentParams: '{}',
        replacedParams: '{}',
      })),
    );
    expect(planChecksum(plan, 'meaning')).toBe(planned);
  });

  it.each<[string, World]>([
    ['another name', { ...WORLD, desired: { ...WORLD.desired, also: params() } }],
    [
      'a create that says something else',
      { ...WORLD, desired: { ...WORLD.desired, made: params({ threshold: '9' }) } },
    ],
    ['another after-image', { ...WORLD, desired: { ...WORLD.desired, changed: params({ threshold: '9' }) } }],
    [
      'another before-image',
      { ...WORLD, existing: { ...WORLD.existing, changed: { params: params({ threshold: '9' }) } } },
    ],
    ['a delete of something else', { ...WORLD, existing: { ...WORLD.existing, gone: { params: params() } } }],
    [
      'a delete that became unnecessary',
      { ...WORLD, desired: { ...WORLD.desired, gone: params({ owner: 'ops' }) } },
    ],
  ])('differs for %s', (_what, world) => {
    expect(checksumOf(world)).not.toBe(checksumOf(WORLD));
  });

  it('cannot be met by moving text between names and images', () => {
    const hostile = fc.string({
      unit: fc.constantFrom('a', '"', ',', '[', ']', '\\'),
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (nameA, scopeA, nameB, scopeB) => {
        const one = (name: string, query_scope: string): string =>
          checksumOf({ desired: { [name]: params({ query_scope }) } });
        expect(one(nameA, scopeA) === one(nameB, scopeB)).toBe(nameA === nameB && scopeA === scopeB);
      }),
      { numRuns: 30 },
    );
  });
});
