// Cells -> a line of CSV (RFC 4180).

/** Quotes the cells that need it. The line ends with LF. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}

function csvCell(cell: string): string {
  return /[",\r\n]|^\s|\s$|^\ufeff/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
