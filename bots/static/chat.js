// Sends what is typed without leaving the page. Without this file the same forms work as plain posts.
(() => {
  "use strict";
  const talk = document.getElementById("talk"), form = document.getElementById("ask");
  if (!talk || !form || !window.fetch) return;
  const field = form.elements.text;
  let busy = false;

  // Only a picture that came inside the answer is shown; nothing is fetched from an address.
  const show = (box, answer) => {
    if (!answer.image || !answer.image.startsWith("data:image/png;base64,")) return;
    const picture = document.createElement("img");
    picture.className = "picture";
    picture.src = answer.image;
    picture.alt = answer.image_alt || "";
    box.insertBefore(picture, box.querySelector("p"));
  };

  const say = (text, mine) => {
    const box = document.createElement("div"), who = document.createElement("span"), words = document.createElement("p");
    box.className = mine ? "said mine" : "said";
    who.className = "unseen";
    who.textContent = (mine ? talk.dataset.you : talk.dataset.bot) + ": ";
    words.className = "pre";
    words.textContent = text;
    box.append(who, words);
    talk.append(box);
    box.scrollIntoView({ block: "nearest" });
    return box;
  };

  const offer = (box, buttons) => {
    if (!buttons.length) return;
    const row = document.createElement("form");
    row.className = "presses";
    row.method = "post";
    row.action = "/chat";
    for (const one of buttons) {
      const button = document.createElement("button");
      button.className = "button quiet little";
      button.name = "button";
      button.value = one.press;
      button.dataset.label = one.label;
      button.textContent = one.label;
      row.append(button);
    }
    box.append(row);
  };

  // A v4 UUID made here, so that a repeated post is the same message.
  const newId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    const h = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
  };

  const ask = async (shown, message) => {
    if (busy) return;
    busy = true;
    say(shown, true);
    const waiting = say(talk.dataset.thinking, false);
    waiting.classList.add("waiting");
    let answer = { text: talk.dataset.failed, buttons: [] };
    try {
      const response = await fetch("/v1/chat/messages", {
        method: "POST",
        credentials: "same-origin",
        headers: { "content-type": "application/json", "accept-language": document.documentElement.lang },
        body: JSON.stringify({ message_id: newId(), ...message }),
      });
      const body = await response.json();
      answer = response.ok ? body : { text: body.title || talk.dataset.failed, buttons: [] };
    } catch {
      // The sentence about a failed post is already the answer.
    }
    waiting.remove();
    const box = say(answer.text, false);
    show(box, answer);
    offer(box, answer.buttons || []);
    box.scrollIntoView({ block: "nearest" });
    busy = false;
    field.focus({ preventScroll: true });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text || busy) return;
    field.value = "";
    ask(text, { text });
  });
  talk.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || button.name !== "button") return;
    event.preventDefault();
    ask(button.dataset.label || button.textContent, { button: button.value });
  });
})();
