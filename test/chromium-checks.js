// Runs in the page: unfolds it, and gives what is wrong with how it is shown, as texts.

function overflowFaults() {
  const { scrollWidth, clientWidth } = document.documentElement;
  const page =
    scrollWidth > clientWidth ? [`overflow: the page is ${scrollWidth} of ${clientWidth} wide`] : [];
  const isOutside = (element) => {
    const { left, right } = element.getBoundingClientRect();
    return element.closest('.scroll') === null && (left < -1 || right > clientWidth + 1);
  };
  const outside = [...document.body.querySelectorAll('*')].filter(isOutside);
  return [...page, ...outside.map((element) => `overflow: <${element.localName}>`)];
}

function foreignFaults() {
  const foreign = 'script, img, iframe, object, embed, link, base, form, a[href]';
  const elements = [...document.querySelectorAll(foreign)].map(({ localName }) => `element: <${localName}>`);
  const attributes = [...document.querySelectorAll('*')]
    .flatMap((element) => Array.from(element.attributes))
    .filter(({ name }) => /^on|^src|^href/iu.test(name));
  return [...elements, ...attributes.map(({ name }) => `attribute: ${name}`)];
}

function channelsOf(color) {
  return (color.match(/[\d.]+/gu) ?? []).map(Number);
}

/** As WCAG 2.1 defines it. */
function luminanceOf(color) {
  const [red, green, blue] = channelsOf(color).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function backgroundOf(element) {
  for (let at = element; at !== null; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (channelsOf(color)[3] !== 0) return color;
  }
  return 'rgb(255, 255, 255)';
}

function contrastFault(color, element, atLeast, what) {
  const one = luminanceOf(color);
  const other = luminanceOf(backgroundOf(element));
  const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  return ratio < atLeast ? [`contrast: ${ratio.toFixed(2)} of ${what}`] : [];
}

function textFaults() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  const shown = texts.filter(
    ({ data, parentElement }) => data.trim() !== '' && parentElement.getClientRects().length > 0,
  );
  const few = shown.length < 50 ? [`texts: only ${shown.length} are shown`] : [];
  const faults = shown.flatMap(({ data, parentElement }) =>
    contrastFault(getComputedStyle(parentElement).color, parentElement, 4.5, `"${data.trim().slice(0, 40)}"`),
  );
  return [...few, ...faults];
}

function drawingFaults() {
  return [...document.querySelectorAll('svg .bars, svg .solid, svg .dashed')].flatMap((path) => {
    const { fill, stroke } = getComputedStyle(path);
    const color = path.matches('.bars') ? fill : stroke;
    return contrastFault(
      color,
      path.closest('svg').parentElement,
      3,
      `a drawing's ${path.className.baseVal}`,
    );
  });
}

function tableFaults() {
  const tables = [...document.querySelectorAll('table')];
  const bare = tables.filter(({ caption }) => (caption?.textContent.trim() ?? '') === '');
  const headings = [...document.querySelectorAll('th')].filter(({ scope }) => scope === '');
  return [
    ...bare.map(() => 'table: without a caption'),
    ...headings.map(() => 'table: a heading without scope'),
  ];
}

globalThis.pageFaults = () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  return [overflowFaults(), foreignFaults(), textFaults(), drawingFaults(), tableFaults()].flat();
};
