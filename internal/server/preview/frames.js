// @ts-check
// The frames of the side-by-side view.
import { findAll } from "../../../templates/page.js";

const phone = 360; // CSS pixels: frames up to this width are a phone's
const gap = 24;

export const frames = /** @type {HTMLIFrameElement[]} */ (findAll("iframe[data-src]"));

/** Loads the frames, with the query of this page, and scales them to fit the window. */
export const loadFrames = () => {
  for (const frame of frames) frame.src = frame.dataset.src + location.search;
  fitFrames();
  addEventListener("resize", fitFrames);
};

const fitFrames = () => {
  const room = Math.max(document.documentElement.clientWidth - 32, 300);
  const besidePhone = room - phone - gap;
  for (const frame of frames) {
    const pane = /** @type {HTMLElement} */ (frame.parentElement);
    const width = +frame.width, height = +frame.height;
    const wide = width > phone;
    const scale = Math.min(1, (wide && besidePhone > 480 ? besidePhone : room) / width);
    frame.style.transform = `scale(${scale})`;
    pane.style.width = `${width * scale}px`;
    pane.style.height = `${height * (wide ? 1 : scale)}px`;
    if (wide) frame.style.height = `${height / scale}px`;
  }
};
