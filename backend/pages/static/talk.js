// A conversation that lies open: when something changed it is loaded anew, unless somebody is writing; then a line says so.
"use strict";
(() => {
  const place = document.querySelector("[data-talk]");
  if (!place || !window.EventSource) return;
  const news = document.getElementById("news");
  const busy = () => [...document.querySelectorAll("#write textarea, #write input[type=file], .talk textarea")]
    .some((field) => field.type === "file" ? field.files.length : field.value !== field.defaultValue)
    || document.activeElement?.closest("form") || document.querySelector(".talk details[open]");
  let first = null;
  const events = new EventSource(place.dataset.talk);
  events.onmessage = (event) => {
    place.dataset.followed = "yes";
    if (first === null) { first = event.data; return; }
    if (event.data === first) return;
    if (busy()) { if (news) news.hidden = false; return; }
    events.close();
    location.replace(location.pathname);
  };
})();
