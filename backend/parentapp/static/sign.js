// A signature drawn with a finger, beside the typed name. Without this script nothing is missing but the drawing.
"use strict";
(() => {
  const field = document.querySelector("[data-pad]");
  const pad = field && field.querySelector("canvas");
  const pen = pad && pad.getContext("2d");
  if (!pen) return;
  field.hidden = false;
  const kept = field.querySelector("input");
  const wipe = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, pad.width, pad.height); kept.value = ""; };
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
  };
  let drawing = false;
  if (kept.value) {
    const before = new Image();
    before.onload = () => pen.drawImage(before, 0, 0);
    before.src = kept.value;
  } else wipe();
  pen.lineWidth = 4;
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#123";
  pad.addEventListener("pointerdown", (event) => {
    drawing = true;
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...place(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...place(event));
    pen.stroke();
  });
  const done = () => {
    if (drawing) kept.value = pad.toDataURL("image/png");
    drawing = false;
  };
  pad.addEventListener("pointerup", done);
  pad.addEventListener("pointercancel", done);
  field.querySelector("button").addEventListener("click", wipe);
})();
