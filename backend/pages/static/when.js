// A question that hangs on an earlier answer is shown only after it. Without this script all are shown, and the server leaves out the rest.
"use strict";
(() => {
  const parts = [...document.querySelectorAll("[data-when]")];
  const given = (name) => [...document.getElementsByName(name)]
    .filter((field) => !field.closest("[data-when][hidden]") && (field.checked || !["radio", "checkbox"].includes(field.type)))
    .map((field) => field.value);
  const look = () => {
    for (const part of parts) {
      const wanted = JSON.parse(part.dataset.answers);
      part.hidden = !given(part.dataset.when).some((value) => wanted.includes(value));
      for (const field of part.querySelectorAll("input, textarea, select")) {
        field.disabled = part.hidden;
        if ("needed" in part.dataset && !["checkbox", "hidden"].includes(field.type)) field.required = !part.hidden;
      }
    }
  };
  document.addEventListener("change", look);
  look();
})();
