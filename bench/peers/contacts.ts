// A contact cell -> the contacts in it: a JSON array, or a list split by semicolons.

export function contactsOf(cell: string): readonly string[] {
  if (cell.startsWith('[')) return decodeStrings(cell);
  return cell
    .split(';')
    .map((contact) => contact.trim())
    .filter((contact) => contact !== '');
}

function decodeStrings(text: string): readonly string[] {
  return JSON.parse(text) as string[];
}
