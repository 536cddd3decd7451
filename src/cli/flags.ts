// The table of flags: what each is called, takes, means and defaults to. Help, environment and configuration follow it.

export type FlagKind =
  'switch' | 'repeat' | 'text' | 'list' | 'count' | 'number' | 'duration' | 'limit' | 'choice';

export interface Flag {
  readonly kind: FlagKind;
  /** As the user would write it; absent when there is none. */
  readonly default?: string;
  readonly choices?: readonly string[];
  readonly alias?: string;
  readonly meaning: string;
}

export const FLAGS = {
  service: {
    kind: 'text',
    meaning:
      'The alarm service: http(s)://…, datadog:, cloudwatch:REGION, aodh:URL, module:FILE, embedded:FILE',
  },
  'auto-approve': { kind: 'switch', meaning: 'Apply without asking' },
  'detailed-exitcode': { kind: 'switch', meaning: 'End with 2 when there are changes' },
  out: { kind: 'text', meaning: 'Where the plan file goes (STATE/RUN/plan.db when not given)' },
  json: { kind: 'switch', meaning: 'NDJSON events on standard output' },
  'json-operations': {
    kind: 'choice',
    choices: ['all', 'errors', 'none'],
    default: 'errors',
    meaning: 'Which operations become events',
  },
  'max-delete': {
    kind: 'limit',
    meaning: 'Refuse a plan that deletes more: N or P% of the existing alarms in scope',
  },
  'max-update': {
    kind: 'limit',
    meaning: 'Refuse a plan that updates more: N or P% (30% when not given, at least 10)',
  },
  'max-create': {
    kind: 'limit',
    meaning: 'Refuse a plan that creates more: N or P% (unlimited when not given)',
  },
  'allow-empty': { kind: 'switch', meaning: 'Accept a file, or a scope within it, that has no row' },
  'allow-shrunk-service': {
    kind: 'switch',
    meaning: 'Accept a listing of under half of what the last run left',
  },
  'allow-missing-final-newline': {
    kind: 'switch',
    meaning: 'Accept deletes though the last record lacks its line end',
  },
  force: { kind: 'switch', meaning: 'Take a plan that the guard refused; needs --checksum' },
  checksum: { kind: 'text', meaning: 'The checksum of the one plan that is meant' },
  policy: {
    kind: 'choice',
    choices: ['sync', 'upsert-only', 'create-only'],
    default: 'sync',
    meaning: 'Which changes are made',
  },
  scope: { kind: 'text', meaning: 'Look only at names that match this GLOB' },
  match: { kind: 'text', meaning: 'Take over only alarms whose names match this GLOB' },
  exclude: { kind: 'text', meaning: 'Do not look at names that match this GLOB' },
  protect: { kind: 'text', meaning: 'Never update or delete names that match this GLOB' },
  'on-invalid': {
    kind: 'choice',
    choices: ['fail', 'skip'],
    default: 'fail',
    meaning: 'What a bad row does',
  },
  rejects: { kind: 'text', meaning: 'Write the bad rows to this CSV, with an _error column' },
  'on-duplicate': {
    kind: 'choice',
    choices: ['fail', 'first', 'last'],
    default: 'fail',
    meaning: 'Which row counts when one name has several that differ',
  },
  'expect-rows': { kind: 'count', meaning: 'Refuse the file unless it has this many rows' },
  'expect-sha256': { kind: 'text', meaning: 'Refuse the file unless its bytes have this SHA-256' },
  'ignore-fields': { kind: 'list', meaning: 'Columns to leave unmanaged: neither compared nor updated' },
  'ignore-columns': { kind: 'list', meaning: 'Columns of the file to pass over' },
  'compare-state': {
    kind: 'choice',
    choices: ['meaning', 'exact'],
    default: 'meaning',
    meaning: 'Whether in_alarm equals active',
  },
  target: {
    kind: 'list',
    meaning: 'Only these of the targets in the configuration file: names or GLOBs, such as eu-*,us',
  },
  'target-column': {
    kind: 'text',
    meaning: 'The column of the file that names the target of each row; without it targets have scopes',
  },
  'on-unclaimed': {
    kind: 'choice',
    choices: ['fail', 'skip'],
    default: 'fail',
    meaning: 'What a row does that no target takes',
  },
  'on-target-failure': {
    kind: 'choice',
    choices: ['stop', 'continue'],
    default: 'stop',
    meaning: 'Whether a target that cannot be planned keeps all others from being applied',
  },
  'max-delete-all': {
    kind: 'limit',
    meaning: 'Refuse all plans when they delete more together: N or P% of the alarms of all targets',
  },
  'max-update-all': {
    kind: 'limit',
    meaning: 'The same of updates, all targets together',
  },
  'max-create-all': {
    kind: 'limit',
    meaning: 'The same of creates, all targets together (unlimited when not given)',
  },
  limit: { kind: 'count', meaning: 'Take up at most N operations; the rest stays pending' },
  concurrency: { kind: 'count', default: '8', meaning: 'Requests in flight at most' },
  tpslimit: {
    kind: 'number',
    default: '0',
    meaning: 'Requests a second at most, all kinds together; 0 for none',
  },
  'tpslimit-burst': {
    kind: 'count',
    meaning: 'Requests that may leave at once (max(1, F/50) when not given)',
  },
  retries: { kind: 'count', default: '5', meaning: 'Attempts of one request beyond the first' },
  'request-timeout': { kind: 'duration', default: '30s', meaning: 'How long one request may take' },
  'settle-time': {
    kind: 'duration',
    default: '2s',
    meaning: 'How long after a sending an unknown outcome is looked up',
  },
  'max-errors': {
    kind: 'limit',
    meaning: 'End the run early, resumably, when more operations fail: N or P%',
  },
  'max-duration': { kind: 'duration', meaning: 'End the run early, resumably, after that long' },
  'check-before': {
    kind: 'choice',
    choices: ['all', 'deletes', 'none'],
    default: 'all',
    meaning: 'Which writes are checked against the live alarm',
  },
  'ignore-errors': { kind: 'switch', meaning: 'Delete even though something before was not done' },
  'max-plan-age': { kind: 'duration', default: '24h', meaning: 'Refuse a plan older than that' },
  'on-unfinished': {
    kind: 'choice',
    choices: ['resume', 'replan', 'fail'],
    meaning: 'What to do about an unfinished run at this service',
  },
  'state-dir': { kind: 'text', default: '.alarmsync', meaning: 'Where runs are kept' },
  'lock-timeout': {
    kind: 'duration',
    default: '0s',
    meaning: 'How long to wait for another run at this service',
  },
  'page-size': { kind: 'count', default: '1000', meaning: 'Alarms asked for on a page' },
  queue: {
    kind: 'text',
    meaning: 'Hand the operations to workers through this Redis: redis://HOST[:PORT][/N], rediss:// for TLS',
  },
  config: { kind: 'text', meaning: 'A YAML or JSON file of flags' },
  insecure: { kind: 'switch', meaning: 'Send the token over plain http to another machine' },
  'no-color': { kind: 'switch', meaning: 'No colours' },
  statsd: {
    kind: 'text',
    meaning: 'Send metrics to a DogStatsD agent: HOST:PORT or unix:PATH',
  },
  tag: { kind: 'list', meaning: 'Tags on everything that is sent about a run, such as env:prod,team:noc' },
  'metrics-interval': {
    kind: 'duration',
    default: '45s',
    meaning: 'How often metrics are sent while a run lasts',
  },
  'metrics-file': {
    kind: 'text',
    meaning: "Write metrics in Prometheus's format to this file, for node_exporter",
  },
  event: {
    kind: 'text',
    meaning: 'Post how the run ended as an event: datadog, or datadog:URL; needs DD_API_KEY',
  },
  'event-notify': {
    kind: 'list',
    meaning: 'Handles that the event mentions, such as ops@example.com,slack-ops',
  },
  webhook: { kind: 'text', meaning: 'Post how the run ended as JSON to this address' },
  verbose: { kind: 'repeat', alias: 'v', meaning: 'Say more on standard error; -vv tells every request' },
  'log-format': {
    kind: 'choice',
    choices: ['auto', 'human', 'json'],
    default: 'auto',
    meaning: 'How standard error reads: auto is human on a terminal, JSON lines otherwise',
  },
  quiet: { kind: 'switch', alias: 'q', meaning: 'Say only results and errors' },
  'retry-failed': { kind: 'switch', meaning: 'Take up again what the service refused for good' },
  'write-probe': { kind: 'switch', meaning: 'Make, change and delete one inactive alarm to see what comes' },
  action: {
    kind: 'choice',
    choices: ['create', 'update', 'delete'],
    meaning: 'Only operations of this kind',
  },
  failed: { kind: 'switch', meaning: 'Only operations that were not done' },
  name: { kind: 'text', meaning: 'Only names that match this GLOB' },
  format: {
    kind: 'choice',
    choices: ['text', 'ndjson', 'csv', 'markdown'],
    default: 'text',
    meaning: 'How operations are shown',
  },
  html: { kind: 'text', meaning: 'Where the page goes; - for standard output' },
  notify: { kind: 'list', meaning: 'Whom the monitor tells: handles such as @ops@example.com,@slack-ops' },
  every: {
    kind: 'duration',
    meaning:
      'How often a sync is started: --warning, --critical and --no-data follow where they are not given',
  },
  warning: { kind: 'duration', meaning: 'Warn when the last good sync is longer ago (26h when not given)' },
  critical: { kind: 'duration', meaning: 'Alert when the last good sync is longer ago (50h when not given)' },
  'no-data': {
    kind: 'duration',
    meaning: 'Tell when there were no metrics for that long (10m when not given)',
  },
  timezone: { kind: 'text', default: 'UTC', meaning: 'Of the two downtimes, such as Europe/Berlin' },
  count: { kind: 'count', meaning: 'How many alarms' },
  seed: { kind: 'count', default: '1', meaning: 'The same seed gives the same file' },
  'keep-runs': { kind: 'count', meaning: 'How many of the newest runs to keep' },
  host: { kind: 'text', default: '127.0.0.1', meaning: 'Address to listen on' },
  port: { kind: 'count', default: '8080', meaning: 'Port to listen on; 0 for a free one' },
  data: { kind: 'text', meaning: 'Where the service keeps its alarms (in memory when not given)' },
  paging: {
    kind: 'choice',
    choices: ['cursor', 'overlap', 'none'],
    default: 'cursor',
    meaning: 'How the service pages its listing',
  },
  'rate-limit': {
    kind: 'number',
    default: '0',
    meaning: 'Requests a second the service allows; 0 for no limit',
  },
  latency: { kind: 'duration', default: '0ms', meaning: 'How long each request takes at least' },
  fault: { kind: 'list', meaning: 'Faults and their shares, such as drop-after=0.01,error-before=0.05' },
  'no-etags': { kind: 'switch', meaning: 'The service knows no ETag and no If-Match' },
  'accept-twice': { kind: 'switch', meaning: 'The service holds a name twice when it is created twice' },
} as const;

export type FlagName = keyof typeof FLAGS;
