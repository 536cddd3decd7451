// The public API: what a program that is not the command line may use.

export { AlarmSyncError, ERROR_CODES } from './alarm/errors.ts';
export type { Disposition, ErrorCode, FailureClass } from './alarm/errors.ts';
export type { AlarmDefinition } from './alarm/alarm.ts';
export type { JsonObject, JsonValue } from './alarm/json.ts';
export { AlarmClient } from './services/rest/client.ts';
export type { AlarmClientOptions, ChangeOptions, ListOptions, ReadOptions } from './services/rest/client.ts';
export { createModuleService } from './services/module/module.ts';
export type { ModuleSettings } from './services/module/module.ts';
export type {
  AlarmPage,
  AlarmReader,
  AlarmService,
  AlarmWriter,
  ListedAlarm,
  ListRequest,
  RequestGate,
  RequestKind,
  ServiceCapabilities,
  ServiceIdentity,
  WriteOptions,
} from './services/alarm-service.ts';
