"""What a careful eye sees on a page: labels, tap targets, contrast, and that nothing sticks out of the screen."""

from __future__ import annotations

from playwright.async_api import Page

_FAULTS = """
() => {
  const faults = [];
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getBoundingClientRect().width > 0;
  const name = (e) => (e.outerHTML || '').replace(/\\s+/g, ' ').slice(0, 120);

  if (document.documentElement.scrollWidth > innerWidth + 1) faults.push('wider than the screen');
  if (document.querySelectorAll('h1').length !== 1) faults.push('not exactly one h1');
  if (!document.documentElement.lang) faults.push('no language');

  for (const e of document.querySelectorAll('input:not([type=hidden]), select, textarea')) {
    if (!shown(e)) continue;
    const said = e.labels?.length || e.getAttribute('aria-label') || e.getAttribute('aria-labelledby');
    if (!said) faults.push('no label: ' + name(e));
  }
  for (const e of document.querySelectorAll('button, a')) {
    if (shown(e) && !(e.textContent.trim() || e.getAttribute('aria-label'))) faults.push('no name: ' + name(e));
  }
  for (const e of document.querySelectorAll('img')) if (!e.alt) faults.push('no alternative: ' + name(e));

  // Links inside a sentence are as high as its line; everything that stands alone is for a thumb.
  for (const e of document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')) {
    if (!shown(e) || e.closest('p:not(.links), dd, .skip, .small') || getComputedStyle(e).opacity === '0') continue;
    const box = (e.closest('label') || e).getBoundingClientRect();
    if (box.height < 43.5 || box.width < 43.5) faults.push(`small (${Math.round(box.width)}×${Math.round(box.height)}): ` + name(e));
  }

  const rgb = (text) => { const m = text.match(/[\\d.]+/g).map(Number); return { r: m[0], g: m[1], b: m[2], a: m[3] ?? 1 }; };
  const light = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const over = (top, under) => {
    const mix = (k) => top[k] * top.a + under[k] * (1 - top.a);
    return { r: mix('r'), g: mix('g'), b: mix('b'), a: 1 };
  };
  const ground = (e) => {
    const stack = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage.includes('gradient')) { stack.push(rgb(style.backgroundImage.match(/rgb[^)]*\\)/)[0])); break; }
      stack.push(rgb(style.backgroundColor));
      if (stack.at(-1).a === 1) break;
    }
    const base = matchMedia('(prefers-color-scheme: dark)').matches ? { r: 0, g: 0, b: 0, a: 1 } : { r: 255, g: 255, b: 255, a: 1 };
    return stack.reverse().reduce((under, top) => over(top, under), base);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e) || e.closest('script, .unseen, .skip, :disabled, [aria-hidden=true]')) continue;
    seen.add(e);
    const style = getComputedStyle(e);
    const under = ground(e);
    const a = light(over(rgb(style.color), under)), b = light(under);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 600;
    if (ratio < (size >= 24 || (bold && size >= 18.6) ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ` + name(e));
  }
  return faults;
}
"""


async def faults(page: Page) -> list[str]:
    found: list[str] = await page.evaluate(_FAULTS)
    return found
