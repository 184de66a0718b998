// The chat that lies open: lines are numbered, so that what is fetched after a pause is neither lost nor doubled; a stream says when to fetch.
// Without this file the same forms work as plain posts.
"use strict";
(() => {
  const talk = document.getElementById("talk"), form = document.getElementById("ask"), withPerson = document.getElementById("with-person");
  const botTypes = document.getElementById("bot-types"), personTypes = document.getElementById("person-types");
  if (!talk || !form || !window.fetch) return;
  const field = form.elements.text;
  let last = Number(talk.dataset.last), taken = !withPerson.hidden, asking = 0;

  const element = (kind, className, text) => {
    const made = document.createElement(kind);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  };

  const offer = (box, buttons) => {
    if (!buttons || !buttons.length) return;
    const row = element("form", "presses");
    row.method = "post";
    row.action = "/chat";
    for (const one of buttons) {
      const button = element("button", "button quiet little", one.label);
      button.name = "button";
      button.value = one.press;
      button.dataset.label = one.label;
      row.append(button);
    }
    box.append(row);
  };

  const say = (line) => {
    const box = element("div", { family: "said mine", person: "said person" }[line.side] || "said");
    if (line.side === "person") box.append(element("p", "small soft who", line.by || talk.dataset.person));
    else if (line.via) box.append(element("p", "small soft who", talk.dataset.via.replace("%", talk.dataset[line.via] || line.via)));
    const who = { family: talk.dataset.you, person: talk.dataset.person }[line.side] || talk.dataset.bot;
    box.append(element("span", "unseen", `${who}: `), element("p", "pre", line.text));
    if (line.image) {
      const image = element("img");
      image.src = line.image;
      image.alt = line.image_alt;
      box.append(image);
    }
    offer(box, line.buttons);
    if (line.line_id) box.dataset.line = line.line_id;
    return box;
  };

  const show = (line) => {
    const pending = talk.querySelector(`[data-line="${line.line_id}"]`), box = say(line);
    if (pending) pending.replaceWith(box);
    else talk.append(box);
    box.scrollIntoView({ block: "nearest" });
  };

  let loading = null, again = false;
  const fetchNew = async () => {
    do {
      again = false;
      const response = await fetch(`/v1/chat/lines?after=${last}`, {
        credentials: "same-origin", cache: "no-store", headers: { "accept-language": document.documentElement.lang },
      });
      if (!response.ok) return;
      const body = await response.json();
      for (const line of body.lines) if (line.number > last) show(line);
      last = Math.max(last, body.last);
      taken = body.taken;
      withPerson.hidden = !taken;
    } while (again);
  };
  const pull = () => {
    again = true;
    loading ||= fetchNew().catch(() => null).finally(() => { loading = null; });
    return loading;
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

  const post = async (message, box) => {
    let trouble = talk.dataset.failed;
    box.querySelector(".failed")?.remove();
    asking += 1;
    botTypes.hidden = taken;
    try {
      const response = await fetch("/v1/chat/messages", {
        method: "POST",
        credentials: "same-origin",
        headers: { "content-type": "application/json", "accept-language": document.documentElement.lang },
        body: JSON.stringify(message),
      });
      if (response.ok) trouble = "";
      else trouble = (await response.json()).title || trouble;
    } catch {
      // The sentence about a failed post stands below what was written.
    }
    asking -= 1;
    if (!asking) botTypes.hidden = true;
    if (!trouble) { await pull(); return; }
    const note = element("p", "small wrong failed", `${trouble} `), retry = element("button", "plain small", talk.dataset.again);
    retry.type = "button";
    retry.addEventListener("click", () => post(message, box));
    note.append(retry);
    box.append(note);
  };

  const ask = (shown, content) => {
    const message = { message_id: newId(), ...content };
    const box = say({ side: "family", text: shown, line_id: message.message_id });
    box.classList.add("pending");
    talk.append(box);
    box.scrollIntoView({ block: "nearest" });
    post(message, box);
    field.focus({ preventScroll: true });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    ask(text, { text });
  });
  const pressed = (event) => {
    const button = event.submitter;
    if (!button || button.name !== "button") return;
    event.preventDefault();
    event.stopPropagation();
    const label = button.dataset.label || button.textContent;
    ask(label, { button: button.value, label });
  };
  talk.addEventListener("submit", pressed);
  withPerson.addEventListener("submit", pressed);

  let told = 0;
  field.addEventListener("input", () => {
    if (!taken || Date.now() - told < 3000 || !field.value.trim()) return;
    told = Date.now();
    fetch("/v1/chat/typing", { method: "POST", credentials: "same-origin" }).catch(() => null);
  });

  if (!window.EventSource) return;
  const events = new EventSource("/v1/chat/live");
  events.onmessage = (event) => {
    const state = JSON.parse(event.data);
    talk.dataset.followed = "yes";
    personTypes.hidden = !state.typing;
    if (state.last > last || state.taken !== taken) pull();
  };
})();
