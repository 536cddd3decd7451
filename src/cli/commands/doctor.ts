// `alarmsync doctor`: what a service means for safety and speed.

import { examine, type Finding } from '../../pipeline/doctor/doctor.ts';
import { safe } from '../../pipeline/report/escape.ts';
import { readOnly } from '../../services/alarm-service.ts';
import type { Command } from '../command.ts';
import { OUTPUT_FLAGS, PACE_FLAGS } from '../flag-groups.ts';
import { connect, paceOf } from '../session.ts';
import { ofOneTarget } from '../targets/choice.ts';

const MARKS: Readonly<Record<Finding['level'], string>> = { good: 'ok  ', note: 'note', bad: 'BAD ' };

export const doctorCommand: Command = {
  usage: 'doctor',
  meaning: 'Look at a service: what it means for safety and speed, and the settings that follow; reads only',
  example: 'alarmsync doctor --service https://alarms.example.com',
  flags: ['service', 'target', 'write-probe', ...PACE_FLAGS, ...OUTPUT_FLAGS],
  async run(given) {
    const context = ofOneTarget(given);
    const { values, terminal, events, stop, nowEpochMs } = context;
    await using connection = await connect(context, { service: values.required('service'), adopts: false });
    const { service } = connection;
    const writer = values.isOn('write-probe') ? service : undefined;
    const settings: string[] = [];
    let badCount = 0;
    const findings = examine({ reader: readOnly(service), writer, nowEpochMs }, paceOf(context), stop.stop);
    for await (const finding of findings) {
      const { check, level, message, setting } = finding;
      events?.finding(finding);
      terminal.result(`${MARKS[level]}  ${check.padEnd(12)}  ${safe(message)}`);
      if (level === 'bad') badCount += 1;
      if (setting !== undefined) settings.push(setting);
    }
    if (settings.length > 0) terminal.result(`Settings that follow: ${settings.join(' ')}`);
    if (writer === undefined)
      terminal.log.next(
        'see what it makes of writes, by one inactive alarm that is deleted again: --write-probe',
      );
    return badCount > 0 ? 7 : 0;
  },
};
