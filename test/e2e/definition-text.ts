// The body of a create or an update -> its name, and its params as the very text that came.

/** The name, and `params` as it stands; undefined when the body is no definition. */
export function readDefinition(
  body: string,
): { readonly name: string; readonly paramsText: string } | undefined {
  const members = memberTexts(body);
  const paramsText = members.get('params');
  const name: unknown = JSON.parse(members.get('name') ?? 'null');
  return typeof name === 'string' && paramsText?.startsWith('{') === true ? { name, paramsText } : undefined;
}

/** The members of a JSON object as the text that each stands as: no number is rounded and no member is lost. */
function memberTexts(body: string): ReadonlyMap<string, string> {
  JSON.parse(body); // refuses what is no JSON; below that is taken for granted
  const members = new Map<string, string>();
  const tokens =
    body
      .trim()
      .slice(1, -1)
      .match(/"(?:[^"\\]|\\.)*"|[^"]/gu) ?? [];
  let depth = 0;
  let part = '';
  const end = (): void => {
    const [, key = '', value = ''] = /^\s*("(?:[^"\\]|\\.)*")\s*:\s*(.*?)\s*$/su.exec(part) ?? [];
    if (key !== '') members.set(JSON.parse(key), value);
    part = '';
  };
  for (const token of tokens) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (token === ',' && depth === 0) end();
    else part += token;
  }
  end();
  return members;
}
