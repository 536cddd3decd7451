// The entry of a thread -> its file as it can be loaded.

/** The compiled file beside the compiled one, the source beside the source: Node 20 cannot load TypeScript. @param name of the file in this folder, without its ending */
export function entryFile(name: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`./${name}${extension}`, import.meta.url);
}
