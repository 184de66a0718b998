// Figures that move while a notice goes out: server-sent events fill what carries data-count. Without it the page is as true as its last load.
"use strict";
(() => {
  const place = document.querySelector("[data-follow]");
  if (!place || !window.EventSource) return;
  const events = new EventSource(place.dataset.follow);
  events.onmessage = (event) => {
    const told = JSON.parse(event.data);
    for (const figure of place.querySelectorAll("[data-count]")) {
      const value = told[figure.dataset.count];
      if (value !== undefined) figure.textContent = value.toLocaleString(document.documentElement.lang);
    }
    place.dataset.followed = "yes";
  };
})();
