// What the changes have in common -> the largest groups by name and action, and the members that updates change.

import type { MemberChangeCounts, NameGroup } from '../../store/operation-statistics.ts';
import type { ReportFigures } from './figures.ts';
import { counted, markup, numberText, paragraphs, section, table, type Html } from './html.ts';

export function changesSection({ run, groups, members, changeCount }: ReportFigures): Html {
  const title = 'Changes';
  if (groups.length === 0)
    return section(
      'changes',
      title,
      paragraphs('There is no change to an alarm, so there are no groups of them.'),
    );
  const namedCount = groups.reduce((sum, group) => sum + sizeOf(group), 0);
  return section(
    'changes',
    title,
    markup`<h3>The largest groups</h3>\n`,
    paragraphs(
      'Changes of names that begin alike, up to and with the first of / . - or :. Names run from the large to the small, such as team/host/check, so a mistake in one place tends to show as one group.',
    ),
    table({
      caption: `The ${groups.length === 1 ? 'group' : `${groups.length} largest groups`} of changes`,
      columns: ['Names', 'Create', 'Update', 'Delete', 'All', 'Done'],
      rows: groups.map((group) => [
        nameOf(group),
        group.createCount,
        group.updateCount,
        group.deleteCount,
        sizeOf(group),
        group.doneCount,
      ]),
    }),
    changeCount > namedCount
      ? paragraphs(`${counted(changeCount - namedCount, 'change')} in smaller groups.`)
      : markup``,
    markup`<h3>What updates change</h3>\n`,
    membersPart(run.settings.adopts, members),
  );
}

function sizeOf({ createCount, updateCount, deleteCount }: NameGroup): number {
  return createCount + updateCount + deleteCount;
}

function nameOf({ prefix }: NameGroup): string {
  return prefix === null ? '(names without any of / . - :)' : `${prefix}…`;
}

function membersPart(isAdoption: boolean, { updateCount, byMember, otherCount }: MemberChangeCounts): Html {
  if (updateCount === 0) return paragraphs('Nothing is updated.');
  if (isAdoption)
    return paragraphs(`${counted(updateCount, 'alarm')} taken over; nothing else of them changes.`);
  const rows = byMember.map(({ member, count }) => [member, count, shareText(count, updateCount)]);
  return table({
    caption: `Members that ${counted(updateCount, 'update')} change; one that changes two counts in both`,
    columns: ['Member', 'Updates', 'Of all updates'],
    rows:
      otherCount === 0
        ? rows
        : [
            ...rows,
            ['(only members that a file cannot have)', otherCount, shareText(otherCount, updateCount)],
          ],
  });
}

function shareText(count: number, ofCount: number): string {
  return `${numberText((count * 100) / ofCount)} %`;
}
