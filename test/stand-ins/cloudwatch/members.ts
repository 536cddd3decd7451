// A structure of a request -> why its members, each for itself, are refused; undefined when they are not.

export type Members = Readonly<Record<string, unknown>>;

type Check = (value: unknown, member: string) => string | undefined;

/** Which members there are, and what each may be. */
export interface Shape {
  readonly members: Readonly<Record<string, Check>>;
  readonly required?: readonly string[];
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function shapeFault(
  value: unknown,
  { members, required = [] }: Shape,
  what: string,
): string | undefined {
  if (!isMembers(value)) return `${what} must be a structure`;
  const missing = required.find((member) => value[member] === undefined);
  if (missing !== undefined) return `${missing} is required in ${what}`;
  for (const [member, given] of Object.entries(value)) {
    const check = Object.hasOwn(members, member) ? members[member] : undefined;
    const fault = check === undefined ? `${what} has no member ${member}` : check(given, member);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

export function structure(shape: Shape): Check {
  return (value, member) => shapeFault(value, shape, member);
}

export function text(atLeast: number, atMost: number, pattern = /^/u): Check {
  return (value, member) => {
    if (typeof value !== 'string') return `${member} must be a string`;
    if (value.length < atLeast || value.length > atMost)
      return `${member} must have ${atLeast} to ${atMost} characters`;
    return pattern.test(value) ? undefined : `${member} is not valid: ${value}`;
  };
}

export function oneOf(...words: readonly string[]): Check {
  return (value, member) =>
    words.some((word) => word === value) ? undefined : `${member} must be one of ${words.join(', ')}`;
}

export function integer(atLeast: number, atMost: number = Number.MAX_SAFE_INTEGER): Check {
  return (value, member) =>
    typeof value === 'number' && Number.isInteger(value) && value >= atLeast && value <= atMost
      ? undefined
      : `${member} must be an integer of ${atLeast} to ${atMost}`;
}

export function list(check: Check, atMost: number, atLeast = 0): Check {
  return (value, member) => {
    if (!Array.isArray(value)) return `${member} must be a list`;
    if (value.length < atLeast || value.length > atMost)
      return `${member} must have ${atLeast} to ${atMost} items`;
    return value.map((item: unknown) => check(item, member)).find((fault) => fault !== undefined);
  };
}

export const boolean: Check = (value, member) =>
  typeof value === 'boolean' ? undefined : `${member} must be a boolean`;

/** JSON has neither NaN nor Infinity, but 1e999 is read as the latter. */
export const finite: Check = (value, member) =>
  typeof value === 'number' && Number.isFinite(value) ? undefined : `${member} must be a finite number`;
